/** Vault and OpenBao: transport, login and reading, on the Vault Java Driver. */
@NullMarked
package dev.keyturn.sidecar.vault;

import org.jspecify.annotations.NullMarked;
