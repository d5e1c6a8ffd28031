/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "http/gc-anchors.h"

#include "base/gc-error.h"
#include "http/gc-certificate-check.h"

/* GIO's own database wants a file that stays where it is, insists on host names, and takes a
 * certificate that is not valid yet for a bad one. */

struct _GcAnchors
{
  GTlsDatabase parent_instance;

  GTlsCertificate *ca;
};

G_DEFINE_FINAL_TYPE (GcAnchors, gc_anchors, G_TYPE_TLS_DATABASE)

static GTlsCertificateFlags
gc_anchors_verify_chain (GTlsDatabase *database,
                         GTlsCertificate *chain,
                         const char *purpose,
                         GSocketConnectable *identity,
                         GTlsInteraction *interaction,
                         GTlsDatabaseVerifyFlags flags,
                         GCancellable *cancellable,
                         GError **error)
{
  GcAnchors *self = GC_ANCHORS (database);
  GcCertificatePurpose shown_for
      = g_strcmp0 (purpose, G_TLS_DATABASE_PURPOSE_AUTHENTICATE_CLIENT) == 0
            ? GC_CERTIFICATE_CLIENT
            : GC_CERTIFICATE_SERVER;

  return gc_certificate_check (chain, self->ca, shown_for);
}

static void
gc_anchors_finalize (GObject *object)
{
  g_clear_object (&GC_ANCHORS (object)->ca);
  G_OBJECT_CLASS (gc_anchors_parent_class)->finalize (object);
}

static void
gc_anchors_class_init (GcAnchorsClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = gc_anchors_finalize;
  G_TLS_DATABASE_CLASS (klass)->verify_chain = gc_anchors_verify_chain;
}

static void
gc_anchors_init (GcAnchors *self)
{
}

/**
 * gc_anchors_new:
 * @ca_pem: one certificate in PEM
 * @error: %GC_ERROR_INVALID if it is none
 *
 * Makes the trust in one CA and nobody else, as gc_certificate_check() has it: names are not
 * compared. Any thread.
 *
 * Returns: (transfer full) (nullable): for gc_http_session_new()
 */
GTlsDatabase *
gc_anchors_new (const char *ca_pem, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  GTlsCertificate *ca = g_tls_certificate_new_from_pem (ca_pem, -1, &local_error);
  GcAnchors *self;

  if (ca == NULL)
    {
      g_set_error (error, GC_ERROR, GC_ERROR_INVALID, "the center's certificate cannot be used: %s",
                   local_error->message);
      return NULL;
    }
  self = g_object_new (GC_TYPE_ANCHORS, NULL);
  self->ca = ca;
  return G_TLS_DATABASE (self);
}
