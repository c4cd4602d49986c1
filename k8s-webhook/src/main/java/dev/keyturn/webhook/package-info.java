/** The admission webhook as a process: settings, start and stop. */
@NullMarked
package dev.keyturn.webhook;

import org.jspecify.annotations.NullMarked;
