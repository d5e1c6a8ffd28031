# SPDX-License-Identifier: GPL-3.0-or-later
"""What the benchmarks are made of."""
