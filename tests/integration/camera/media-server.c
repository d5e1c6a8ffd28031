/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media-server.h"

#include "test-wait.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <gst/app/app.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static char *folder;
static GSubprocess *server;
static GSubprocess *manager;

static int outside = -1; /* the root that the services see, once the test has left it */

/* In the child: it dies with the test. */
static void
set_up_child (gpointer user_data)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  if (outside >= 0 && (fchdir (outside) != 0 || chroot (".") != 0))
    _exit (1);
}

void
media_server_leave_for (const char *root)
{
  outside = g_open ("/", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
  g_assert_cmpint (outside, >=, 0);
  g_assert_cmpint (chroot (root), ==, 0);
  g_assert_cmpint (chdir ("/"), ==, 0);
}

GSubprocess *
media_server_spawn (const char *const *argv)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (
      g_getenv ("GC_TEST_LOUD") != NULL
          ? G_SUBPROCESS_FLAGS_NONE
          : G_SUBPROCESS_FLAGS_STDERR_SILENCE | G_SUBPROCESS_FLAGS_STDOUT_SILENCE);
  g_autoptr (GError) error = NULL;
  GSubprocess *process;

  g_subprocess_launcher_unsetenv (launcher, "G_DEBUG");
  g_subprocess_launcher_unsetenv (launcher, "GST_DEBUG");
  g_subprocess_launcher_set_child_setup (launcher, set_up_child, NULL, NULL);
  process = g_subprocess_launcher_spawnv (launcher, argv, &error);
  g_assert_no_error (error);
  return process;
}

void
media_server_prepare (void)
{
  g_autoptr (GError) error = NULL;
  const char *variables[] = { "XDG_RUNTIME_DIR", "XDG_STATE_HOME", "XDG_CONFIG_HOME" };
  g_autofree char *data = NULL;

  folder = g_dir_make_tmp ("gridcast-media-XXXXXX", &error);
  g_assert_no_error (error);
  for (gsize i = 0; i < G_N_ELEMENTS (variables); i++)
    g_setenv (variables[i], folder, TRUE);
  data = g_build_filename (folder, "data", NULL);
  g_setenv ("XDG_DATA_HOME", data, TRUE);
  g_unsetenv ("PIPEWIRE_REMOTE");
  g_unsetenv ("PIPEWIRE_RUNTIME_DIR");
  g_unsetenv ("PULSE_SERVER");
}

void
media_server_clean_up (void)
{
  const char *argv[] = { "rm", "-rf", folder, NULL };

  g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL,
                NULL);
  g_clear_pointer (&folder, g_free);
}

static gboolean
is_listening (gpointer data)
{
  g_autofree char *socket = g_build_filename (folder, "pipewire-0", NULL);

  return g_file_test (socket, G_FILE_TEST_EXISTS);
}

void
media_server_start (void)
{
  const char *server_argv[] = { "pipewire", NULL };
  const char *manager_argv[] = { "wireplumber", NULL };

  g_assert_null (server);
  server = media_server_spawn (server_argv);
  test_wait_until (is_listening, NULL);
  manager = media_server_spawn (manager_argv);
}

static void
end (GSubprocess **process)
{
  if (*process == NULL)
    return;
  g_subprocess_force_exit (*process);
  g_subprocess_wait (*process, NULL, NULL);
  g_clear_object (process);
}

void
media_server_stop (void)
{
  g_autofree char *socket = g_build_filename (folder, "pipewire-0", NULL);

  end (&manager);
  end (&server);
  g_unlink (socket);
}

void
media_server_freeze (gboolean frozen)
{
  g_subprocess_send_signal (server, frozen ? SIGSTOP : SIGCONT);
}

GSubprocess *
media_server_plug_in_turned_camera (const char *name, const char *place, int level, int turn)
{
  g_autofree char *brightness = g_strdup_printf ("%d", level);
  g_autofree char *transform = g_strdup_printf ("%d", turn);
  const char *argv[] = { g_getenv ("GC_VIRTUAL_CAMERA"), name, place, brightness, transform, NULL };

  g_assert_nonnull (argv[0]);
  return media_server_spawn (argv);
}

GSubprocess *
media_server_plug_in_camera (const char *name, const char *place, int level)
{
  return media_server_plug_in_turned_camera (name, place, level, 0);
}

GSubprocess *
media_server_plug_in_microphone (const char *name)
{
  g_autofree char *properties
      = g_strdup_printf ("--playback-props={ media.class = Audio/Source node.name = \"%s\" "
                         "node.description = \"%s\" }",
                         name, name);
  const char *argv[]
      = { "pw-loopback", "--capture-props={ node.autoconnect = false }", properties, NULL };

  return media_server_spawn (argv);
}

static gboolean
gets_pictures (gpointer pipeline)
{
  g_autoptr (GstElement) out = gst_bin_get_by_name (pipeline, "out");
  g_autoptr (GstSample) sample = NULL;

  if (gst_element_set_state (pipeline, GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE)
    sample = gst_app_sink_try_pull_sample (GST_APP_SINK (out), GST_SECOND);
  if (sample == NULL)
    gst_element_set_state (pipeline, GST_STATE_NULL);
  return sample != NULL;
}

GstElement *
media_server_occupy (const char *name)
{
  g_autofree char *launch
      = g_strdup_printf ("pipewiresrc target-object=%s "
                         "stream-properties=p,node.exclusive=true,node.dont-fallback=true "
                         "! video/x-raw ! appsink name=out sync=false max-buffers=1 drop=true",
                         name);
  g_autoptr (GError) error = NULL;
  GstElement *other = gst_parse_launch (launch, &error);

  g_assert_no_error (error);
  /* WirePlumber may not have noticed the camera yet. */
  test_wait_until (gets_pictures, other);
  return gst_object_ref_sink (other);
}

static gboolean
is_chosen (gpointer value)
{
  const char *argv[]
      = { "pw-metadata", "0", "default.configured.audio.source", value, "Spa:String:JSON", NULL };
  g_autofree char *output = NULL;

  g_assert_true (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &output,
                               NULL, NULL, NULL));
  return strstr (output, "set property") != NULL;
}

void
media_server_choose_microphone (const char *name)
{
  g_autofree char *value = g_strdup_printf ("{\"name\":\"%s\"}", name);

  /* WirePlumber, which keeps what is chosen, may still be starting. */
  test_wait_until (is_chosen, value);
}

void
media_server_plug_out (GSubprocess **device)
{
  end (device);
}
