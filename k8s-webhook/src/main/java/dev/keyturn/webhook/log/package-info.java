/** Log lines. */
@NullMarked
package dev.keyturn.webhook.log;

import org.jspecify.annotations.NullMarked;
