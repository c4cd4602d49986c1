/**
 * The {@code keyturn} command: the sidecar's own code for people, on a laptop or in a CI job. Each
 * subcommand is one class; {@code docs/cli.md} is what users read.
 */
@NullMarked
package dev.keyturn.cli;

import org.jspecify.annotations.NullMarked;
