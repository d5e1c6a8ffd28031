# SPDX-License-Identifier: GPL-3.0-or-later
"""What ./dev bench live is made of."""
