/** What is done after a change, so that a workload takes it up. */
@NullMarked
package dev.keyturn.sidecar.notification;

import org.jspecify.annotations.NullMarked;
