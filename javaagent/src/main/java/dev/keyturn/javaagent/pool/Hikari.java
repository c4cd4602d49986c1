package dev.keyturn.javaagent.pool;

/**
 * HikariCP: its own {@code softEvictConnections} evicts one connection after the other, without a
 * lock, and is made to wait for each one's turn (see {@link Pools#awaitTurn}).
 */
final class Hikari extends Pool {
  Hikari(Object pool) {
    super(pool);
  }

  @Override
  void retire(Retirement turns) throws Throwable {
    Object target = pool.get();
    if (target == null) {
      return;
    }
    turns.begin((Integer) call(target, "getTotalConnections"));
    call(target, "softEvictConnections");
  }

  @Override
  void retire(Object target, Object connection) {
    throw new AssertionError("HikariCP does it itself");
  }
}
