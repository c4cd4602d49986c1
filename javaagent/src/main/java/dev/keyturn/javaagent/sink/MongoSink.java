package dev.keyturn.javaagent.sink;

import dev.keyturn.javaagent.standin.Resolution;
import dev.keyturn.javaagent.weaving.Join;
import org.jspecify.annotations.Nullable;

/**
 * Where the authenticators of the MongoDB driver ask for user and password, for each connection.
 * They are all handed the one credential, which keeps its stand-ins.
 */
final class MongoSink extends Sink {
  static final String JOINS =
      "@dev.keyturn.javaagent.sink.MongoSink mongodb\n"
          + "com.mongodb.MongoCredential getUserName()Ljava/lang/String; instead\n"
          + "com.mongodb.MongoCredential getPassword()[C instead\n";

  @Override
  public @Nullable Object enter(Join join, @Nullable Object[] values) throws Throwable {
    Object answer = Again.call(this, join, values);
    return answer == null ? null : Resolution.of(join.sink).value(answer);
  }
}
