package dev.keyturn.javaagent.pool;

/**
 * Tomcat's own pool: it looks which of its idle connections are to go, or whether one that comes
 * back is, and is told that this one is ({@link #isDue}). Its mark for a connection that is not to
 * be used again would do for idle ones only: one in use is closed for its user at once.
 */
final class TomcatJdbc extends Pool {
  TomcatJdbc(Object pool) {
    super(pool);
  }

  @Override
  void retire(Object target, Object connection) throws Throwable {
    call(target, "checkIdle", true);
  }
}
