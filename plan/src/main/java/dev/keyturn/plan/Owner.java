package dev.keyturn.plan;

/**
 * Who owns a file, by number, since names differ between containers.
 *
 * @param uid 0 to 2^31-1
 * @param gid 0 to 2^31-1
 */
public record Owner(int uid, int gid) {}
