/**
 * Files as {@code sops} writes them: read, decrypted with a data key, and checked against their
 * MAC. What they are is described in the <a href="https://github.com/getsops/sops">README of
 * sops</a> and, where that is silent, by what {@code sops} 3.13 does.
 *
 * <p>A file goes this way: {@link dev.keyturn.sidecar.sops.SopsFormat} makes a {@link
 * dev.keyturn.sidecar.sops.Tree} of it, {@link dev.keyturn.sidecar.sops.Metadata} is what its
 * {@code sops} entry says, {@link dev.keyturn.sidecar.sops.DataKey} has one of the master keys give
 * the data key, and {@link dev.keyturn.sidecar.sops.Decryption} makes plain fields of the tree.
 */
@NullMarked
package dev.keyturn.sidecar.sops;

import org.jspecify.annotations.NullMarked;
