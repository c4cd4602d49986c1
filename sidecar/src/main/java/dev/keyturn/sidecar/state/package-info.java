/** What a sidecar knows, kept in memory while its process sleeps: {@code docs/hibernation.md}. */
@NullMarked
package dev.keyturn.sidecar.state;

import org.jspecify.annotations.NullMarked;
