/** From the fields of a secret to the bytes of a file, as docs/mount.md defines the formats. */
@NullMarked
package dev.keyturn.sidecar.render;

import org.jspecify.annotations.NullMarked;
