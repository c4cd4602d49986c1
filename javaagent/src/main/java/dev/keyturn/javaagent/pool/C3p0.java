package dev.keyturn.javaagent.pool;

/** c3p0: what it does with a connection that a test finds broken, which is as soft. */
final class C3p0 extends Pool {
  C3p0(Object pool) {
    super(pool);
  }

  @Override
  void retire(Object target, Object connection) throws Throwable {
    // Negative: it is the pool's no more, which would keep it for ever as one that is to come back.
    if ((Integer) call(target, "statusInPool", connection) >= 0) {
      invoke(method(target.getClass(), "markBroken", 1), target, connection);
    }
  }
}
