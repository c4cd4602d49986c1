/**
 * Publishes {@linkplain dev.keyturn.tmpfs.Generation generations} of files in a {@linkplain
 * dev.keyturn.tmpfs.Mount mount}, atomically: a reader sees all of a generation or none. The layout
 * is specified in {@code docs/mount.md}.
 */
@NullMarked
package dev.keyturn.tmpfs;

import org.jspecify.annotations.NullMarked;
