package dev.keyturn.tmpfs;

import java.util.List;

/**
 * One consistent set of files.
 *
 * @param files names are unique; may be empty
 */
public record Generation(List<SecretFile> files) {}
