/** YAML as Kubernetes' tools read it, with the place of every value. */
@NullMarked
package dev.keyturn.webhook.yaml;

import org.jspecify.annotations.NullMarked;
