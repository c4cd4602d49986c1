/**
 * Kubernetes manifests as people write them: YAML documents, the pods in them, and their places.
 */
@NullMarked
package dev.keyturn.webhook.manifest;

import org.jspecify.annotations.NullMarked;
