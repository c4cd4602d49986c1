/** Manifests that people write: what the webhook would say of the pods in them, before it does. */
@NullMarked
package dev.keyturn.webhook.manifest;

import org.jspecify.annotations.NullMarked;
