package dev.keyturn.javaagent.sink;

import dev.keyturn.javaagent.standin.Resolution;
import dev.keyturn.javaagent.weaving.Join;
import org.jspecify.annotations.Nullable;

/**
 * AWS SDK for Java 2: what a client is given whenever it signs a request, by a provider that has
 * the credentials from the application (or a profile), from system properties or the environment.
 * All parts are of one snapshot. A plan's hosts say nothing of them: the key itself is never sent.
 */
final class AwsSink extends Sink {
  static final String JOINS =
      "@dev.keyturn.javaagent.sink.AwsSink aws\n"
          + "software.amazon.awssdk.auth.credentials.StaticCredentialsProvider resolveCredentials()"
          + "Lsoftware/amazon/awssdk/auth/credentials/AwsCredentials; instead\n"
          + "software.amazon.awssdk.auth.credentials.internal.SystemSettingsCredentialsProvider"
          + " resolveCredentials()Lsoftware/amazon/awssdk/auth/credentials/AwsCredentials;"
          + " instead\n";

  private static final String CREDENTIALS = "software.amazon.awssdk.auth.credentials.";

  private final Call id = new Call(CREDENTIALS + "AwsCredentials", "accessKeyId()");
  private final Call key = new Call(CREDENTIALS + "AwsCredentials", "secretAccessKey()");
  private final Call token = new Call(CREDENTIALS + "AwsSessionCredentials", "sessionToken()");

  @Override
  public @Nullable Object enter(Join join, @Nullable Object[] values) throws Throwable {
    Object credentials = Again.call(this, join, values);
    if (credentials == null) {
      return null;
    }
    Class<?> type = Call.type(credentials.getClass(), CREDENTIALS + "AwsSessionCredentials");
    String[] parts = {
      (String) id.on(credentials),
      (String) key.on(credentials),
      type == null ? null : (String) token.on(credentials)
    };
    Resolution resolution = Resolution.of(join.sink);
    for (int i = 0; i < parts.length; i++) {
      parts[i] = parts[i] == null ? null : resolution.text(parts[i]);
    }
    if (!resolution.used()) {
      return credentials;
    }
    if (type != null) {
      return type.getMethod("create", String.class, String.class, String.class)
          .invoke(null, (Object[]) parts);
    }
    return Call.beside(
            credentials, CREDENTIALS + "AwsCredentials", CREDENTIALS + "AwsBasicCredentials")
        .getMethod("create", String.class, String.class)
        .invoke(null, parts[0], parts[1]);
  }
}
