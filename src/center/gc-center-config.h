/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * GcCenterConfig:
 * @data_dir: where everything that lasts is kept
 * @addresses_file: (nullable): where the console's address and the one-time link are written; %NULL
 *   to print them
 * @name: what the center calls itself, 1 to 64 characters
 * @host: the DNS name or address that codes and links say; IPv6 without brackets
 * @port: where to listen, 0 for any free port
 * @listen: (nullable): the only address to listen on; %NULL for all
 * @console_dir: where the console's files are
 * @map_tiles: (nullable): address of map tiles with {z}, {x} and {y}
 * @map_attribution: whom the map is owed to, may be empty
 * @map_longitude: where the map starts, degrees WGS-84
 * @map_latitude: where the map starts, degrees WGS-84
 * @map_zoom: 0 to 22
 * @ice_servers: STUN and TURN servers for terminals and viewers, as “turn:host:port?transport=udp”;
 *   may be empty
 * @turn_user: (nullable): for those that are TURN servers
 * @turn_password: (nullable): for those that are TURN servers; a secret
 * @turn_secret: (nullable): what the center shares with them instead, to make credentials; a secret
 * @viewers_max: the most that may watch one live session at the same time
 *
 * What an operator can set.
 */
typedef struct
{
  char *data_dir;
  char *addresses_file;
  char *name;
  char *host;
  guint16 port;
  char *listen;
  char *console_dir;
  char *map_tiles;
  char *map_attribution;
  double map_longitude;
  double map_latitude;
  int map_zoom;
  char **ice_servers;
  char *turn_user;
  char *turn_password;
  char *turn_secret;
  guint viewers_max;
} GcCenterConfig;

GcCenterConfig *
gc_center_config_parse (int *argc, char ***argv, GError **error);
void
gc_center_config_free (GcCenterConfig *config);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GcCenterConfig, gc_center_config_free)

G_END_DECLS
