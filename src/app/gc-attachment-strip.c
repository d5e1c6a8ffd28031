/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/gc-attachment-strip.h"

#include "app/gc-picture-page.h"
#include "app/gc-thumbnail.h"

#include <glib/gi18n.h>

#define PER_LINE 3
#define STATE_LINES 4

struct _GcAttachmentStrip
{
  AdwBin parent_instance;

  GtkWidget *column;
  GtkFlowBox *box;
  GcSession *session;
  GcTaskItem *item;
  GPtrArray *tiles; /* of Tile */
};

G_DEFINE_FINAL_TYPE (GcAttachmentStrip, gc_attachment_strip, ADW_TYPE_BIN)

typedef struct
{
  GcAttachmentStrip *strip;
  GcFileReference *file;
  char *name; /* as people call it */
  GtkWidget *button;
  GcThumbnail *thumbnail;
  GtkLabel *label;
  GcAttachmentState state;
  gboolean shown; /* the state is */
} Tile;

static void
tile_free (gpointer data)
{
  Tile *tile = data;

  gc_file_reference_free (tile->file);
  g_free (tile->name);
  g_free (tile);
}

/* --- what one says --- */

static gboolean
is_picture (const GcFileReference *file)
{
  return g_str_has_prefix (file->media_type, "image/");
}

static char *
describe (const Tile *tile, guint percent)
{
  g_autofree char *size = NULL;

  switch (tile->state)
    {
    case GC_ATTACHMENT_HERE:
      return g_strdup (tile->name);
    case GC_ATTACHMENT_LOADING:
      /* Translators: how much of a picture has arrived */
      return g_strdup_printf (_ ("Loading, %u %%"), percent);
    case GC_ATTACHMENT_ON_DEMAND:
      size = g_format_size ((guint64) tile->file->size);
      /* Translators: the size of a picture, as “4.2 MB” */
      return g_strdup_printf (_ ("Tap to load, %s"), size);
    case GC_ATTACHMENT_FAILED:
      return g_strdup (_ ("Failed. Tap to try again"));
    case GC_ATTACHMENT_WAITING:
    default:
      return g_strdup (C_ ("picture", "Waiting"));
    }
}

static void
update_tile (Tile *tile)
{
  GcAttachmentStrip *self = tile->strip;
  const GcTask *task = gc_task_item_get_task (self->item);
  GcAttachmentState before = tile->state;
  g_autofree char *words = NULL;
  g_autofree char *spoken = NULL;
  guint percent;

  tile->state = gc_session_look_at_attachment (self->session, task, tile->file, &percent);
  words = describe (tile, percent);
  gtk_label_set_label (tile->label, words);
  if (tile->state == GC_ATTACHMENT_HERE)
    spoken = g_strdup (tile->name);
  else
    /* Translators: the name of a picture, then whether it is here */
    spoken = g_strdup_printf (_ ("%1$s: %2$s"), tile->name, words);
  gtk_accessible_update_property (GTK_ACCESSIBLE (tile->button), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  spoken, -1);
  if (tile->shown && tile->state == before)
    return;
  tile->shown = TRUE;
  if (tile->state == GC_ATTACHMENT_FAILED)
    gtk_widget_add_css_class (GTK_WIDGET (tile->label), "waiting-text");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (tile->label), "waiting-text");
  if (tile->state == GC_ATTACHMENT_HERE && is_picture (tile->file))
    {
      g_autofree char *path = gc_session_dup_attachment (self->session, tile->file);

      gc_thumbnail_show_file (tile->thumbnail, path);
    }
  else
    gc_thumbnail_show_icon (tile->thumbnail, is_picture (tile->file)
                                                 ? "image-x-generic-symbolic"
                                                 : "x-office-document-symbolic");
}

/* --- a tap --- */

static void
open_elsewhere (Tile *tile, const char *path)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GtkFileLauncher) launcher = gtk_file_launcher_new (file);
  GtkRoot *root = gtk_widget_get_root (tile->button);

  gtk_file_launcher_launch (launcher, GTK_WINDOW (root), NULL, NULL, NULL);
}

static void
on_clicked (GtkButton *button, gpointer user_data)
{
  Tile *tile = user_data;
  GtkWidget *view = gtk_widget_get_ancestor (tile->button, ADW_TYPE_NAVIGATION_VIEW);
  g_autofree char *path = NULL;

  if (tile->state != GC_ATTACHMENT_HERE)
    {
      gc_session_want_attachment (tile->strip->session, tile->file);
      return;
    }
  path = gc_session_dup_attachment (tile->strip->session, tile->file);
  if (!is_picture (tile->file))
    open_elsewhere (tile, path);
  else if (view != NULL)
    adw_navigation_view_push (ADW_NAVIGATION_VIEW (view), gc_picture_page_new (path, tile->name));
}

/* --- the rows --- */

static Tile *
add_tile (GcAttachmentStrip *self, const GcFileReference *file)
{
  Tile *tile = g_new0 (Tile, 1);
  GtkWidget *column = gtk_box_new (GTK_ORIENTATION_VERTICAL, 4);

  tile->strip = self;
  tile->file = gc_file_reference_copy (file);
  tile->name = file->name != NULL && file->name[0] != '\0'
                   ? g_strdup (file->name)
                   /* Translators: a picture that has no name, by its place in the row */
                   : g_strdup_printf (_ ("Picture %u"), self->tiles->len + 1);
  tile->thumbnail = gc_thumbnail_new ();
  tile->label = GTK_LABEL (gtk_label_new (NULL));
  gtk_label_set_wrap (tile->label, TRUE);
  gtk_label_set_wrap_mode (tile->label, PANGO_WRAP_WORD_CHAR);
  gtk_label_set_lines (tile->label, STATE_LINES);
  gtk_label_set_ellipsize (tile->label, PANGO_ELLIPSIZE_END);
  gtk_label_set_max_width_chars (tile->label, 1);
  gtk_label_set_justify (tile->label, GTK_JUSTIFY_CENTER);
  gtk_box_append (GTK_BOX (column), GTK_WIDGET (tile->thumbnail));
  gtk_box_append (GTK_BOX (column), GTK_WIDGET (tile->label));
  tile->button = gtk_button_new ();
  gtk_button_set_child (GTK_BUTTON (tile->button), column);
  gtk_widget_set_valign (tile->button, GTK_ALIGN_START);
  gtk_widget_add_css_class (tile->button, "flat");
  gtk_widget_add_css_class (tile->button, "photo");
  g_signal_connect (tile->button, "clicked", G_CALLBACK (on_clicked), tile);
  gtk_flow_box_append (self->box, tile->button);
  gtk_widget_set_focusable (gtk_widget_get_parent (tile->button), FALSE);
  return tile;
}

static void
update (GcAttachmentStrip *self)
{
  for (guint i = 0; i < self->tiles->len; i++)
    update_tile (g_ptr_array_index (self->tiles, i));
}

static void
on_attachment_changed (GcSession *session, const char *id, GcAttachmentStrip *self)
{
  for (guint i = 0; i < self->tiles->len; i++)
    {
      Tile *tile = g_ptr_array_index (self->tiles, i);

      if (id == NULL || g_str_equal (id, tile->file->id))
        update_tile (tile);
    }
}

static void
gc_attachment_strip_dispose (GObject *object)
{
  GcAttachmentStrip *self = GC_ATTACHMENT_STRIP (object);

  if (self->tiles != NULL)
    gtk_flow_box_remove_all (self->box);
  g_clear_pointer (&self->tiles, g_ptr_array_unref);
  g_clear_object (&self->session);
  g_clear_object (&self->item);
  G_OBJECT_CLASS (gc_attachment_strip_parent_class)->dispose (object);
}

static void
gc_attachment_strip_class_init (GcAttachmentStripClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = gc_attachment_strip_dispose;
}

static void
gc_attachment_strip_init (GcAttachmentStrip *self)
{
  GtkWidget *title = gtk_label_new (_ ("From the center"));

  self->tiles = g_ptr_array_new_with_free_func (tile_free);
  self->box = GTK_FLOW_BOX (gtk_flow_box_new ());
  gtk_flow_box_set_selection_mode (self->box, GTK_SELECTION_NONE);
  gtk_flow_box_set_homogeneous (self->box, TRUE);
  gtk_flow_box_set_min_children_per_line (self->box, PER_LINE);
  gtk_flow_box_set_max_children_per_line (self->box, PER_LINE);
  gtk_label_set_xalign (GTK_LABEL (title), 0);
  gtk_widget_add_css_class (title, "heading");
  self->column = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);
  gtk_box_append (GTK_BOX (self->column), title);
  gtk_box_append (GTK_BOX (self->column), GTK_WIDGET (self->box));
  adw_bin_set_child (ADW_BIN (self), self->column);
  gtk_widget_set_visible (GTK_WIDGET (self), FALSE);
}

/**
 * gc_attachment_strip_show:
 * @self: a strip that shows nothing yet
 * @session: the shift
 * @item: a task
 *
 * Follows what is attached to it from now on; there is nothing to see of it where nothing is.
 */
void
gc_attachment_strip_show (GcAttachmentStrip *self, GcSession *session, GcTaskItem *item)
{
  const GcTask *task = gc_task_item_get_task (item);

  self->session = g_object_ref (session);
  self->item = g_object_ref (item);
  for (guint i = 0; task->files != NULL && i < task->files->len; i++)
    g_ptr_array_add (self->tiles, add_tile (self, g_ptr_array_index (task->files, i)));
  gtk_widget_set_visible (GTK_WIDGET (self), self->tiles->len > 0);
  g_signal_connect_object (session, "attachment-changed", G_CALLBACK (on_attachment_changed), self,
                           0);
  g_signal_connect_object (item, "notify", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  update (self);
}
