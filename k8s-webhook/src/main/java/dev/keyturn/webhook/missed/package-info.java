/** Pods that ask for secrets and run without them. */
@NullMarked
package dev.keyturn.webhook.missed;

import org.jspecify.annotations.NullMarked;
