package dev.keyturn.tmpfs;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * What a generation's {@code ..manifest} says of one file. No value, and no plain hash of one.
 *
 * @param reference where the secret is
 * @param version the source's version id
 * @param fetchedAt when these bytes were first fetched
 * @param format the file's format: {@code raw}, {@code properties}, {@code env}, {@code json} or
 *     {@code yaml}
 * @param env environment names the Java agent answers for, to keys of the file (empty key: the
 *     whole file)
 * @param defaultEnv the same, but giving way to a variable that the process really has
 * @param properties system properties the Java agent answers for, to keys of the file
 * @param standIn whether the Java agent answers with a stand-in
 * @param hosts to which the Java agent lets a request carry the secret; none holds a comma
 */
public record FileFacts(
    String reference,
    String version,
    Instant fetchedAt,
    String format,
    Map<String, String> env,
    Map<String, String> defaultEnv,
    Map<String, String> properties,
    boolean standIn,
    List<String> hosts) {}
