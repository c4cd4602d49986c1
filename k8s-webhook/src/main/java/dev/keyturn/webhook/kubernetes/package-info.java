/** The few calls of the Kubernetes API that are needed, without a client library. */
@NullMarked
package dev.keyturn.webhook.kubernetes;

import org.jspecify.annotations.NullMarked;
