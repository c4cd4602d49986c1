/** Which version of a secret is where: in the files, and in use by the processes that read them. */
@NullMarked
package dev.keyturn.sidecar.usage;

import org.jspecify.annotations.NullMarked;
