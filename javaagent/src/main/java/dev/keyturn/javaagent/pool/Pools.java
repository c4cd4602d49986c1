package dev.keyturn.javaagent.pool;

import dev.keyturn.javaagent.standin.RotationListener;
import dev.keyturn.javaagent.standin.Rotations;
import dev.keyturn.javaagent.standin.Snapshot;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Which pool opened connections with which secrets; after a rotation of one of them its connections
 * are retired, by the pool's own means, at a random moment within the time that the option {@code
 * retire} gives. Pools are held weakly. Any thread.
 */
@SuppressWarnings("ReferenceEquality") // of other libraries' objects only the identity is known
public final class Pools extends RotationListener {
  private static final List<Pool> POOLS = new ArrayList<Pool>();

  /** The pool for which this thread is about to open a connection. */
  private static final ThreadLocal<WeakReference<Object>> OPENING =
      new ThreadLocal<WeakReference<Object>>();

  /** What this thread's last connection was opened with, for pools that are told after it. */
  private static final ThreadLocal<Opened> OPENED = new ThreadLocal<Opened>();

  private static boolean listening;

  private Pools() {}

  /** This thread goes on to open a connection for that pool. */
  public static void opening(Object pool) {
    OPENED.remove();
    OPENING.set(new WeakReference<Object>(pool));
  }

  /** This thread opened a connection with values of these secrets. */
  public static void opened(Object connection, Set<String> secrets) {
    WeakReference<Object> opening = OPENING.get();
    Object pool = opening == null ? null : opening.get();
    if (pool == null) {
      OPENED.set(new Opened(connection, secrets));
    } else {
      OPENING.remove();
      of(pool).add(connection, secrets);
    }
  }

  /** The last connection that this thread opened is that pool's. */
  public static void openedFor(Object pool) {
    Opened opened = OPENED.get();
    if (opened != null) {
      OPENED.remove();
      Object connection = opened.connection.get();
      if (connection != null) {
        of(pool).add(connection, opened.secrets);
      }
    }
  }

  /**
   * Whether this connection of DBCP, which goes back to its pool, was retired meanwhile and is
   * closed now.
   */
  public static boolean returned(Object pooled) throws Throwable {
    if (!Pool.someAreToBeClosedOnReturn) {
      return false;
    }
    Object connection = Pool.call(pooled, "getInnermostDelegate");
    List<Pool> pools;
    synchronized (POOLS) {
      pools = new ArrayList<Pool>(POOLS);
    }
    for (Pool pool : pools) {
      if (pool.closeIfRetired(pooled, connection)) {
        return true;
      }
    }
    return false;
  }

  private static Pool of(Object pool) {
    synchronized (POOLS) {
      if (!listening) {
        listening = true;
        Rotations.add(new Pools());
      }
      for (int i = POOLS.size(); --i >= 0; ) {
        Object known = POOLS.get(i).pool.get();
        if (known == pool) {
          return POOLS.get(i);
        }
        if (known == null) {
          POOLS.remove(i);
        }
      }
      Pool added = new Pool(pool);
      POOLS.add(added);
      return added;
    }
  }

  @Override
  public void rotated(Snapshot before, Snapshot now, Set<String> changed) {
    List<Pool> due = new ArrayList<Pool>();
    synchronized (POOLS) {
      for (Pool pool : POOLS) {
        if (pool.usesAny(changed)) {
          due.add(pool);
        }
      }
    }
    if (!due.isEmpty()) {
      new Retirement(due).start();
    }
  }

  private static final class Opened {
    final WeakReference<Object> connection;
    final Set<String> secrets;

    Opened(Object connection, Set<String> secrets) {
      this.connection = new WeakReference<Object>(connection);
      this.secrets = secrets;
    }
  }
}
