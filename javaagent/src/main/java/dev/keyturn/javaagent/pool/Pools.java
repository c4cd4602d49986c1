package dev.keyturn.javaagent.pool;

import dev.keyturn.javaagent.standin.RotationListener;
import dev.keyturn.javaagent.standin.Rotations;
import dev.keyturn.javaagent.standin.Snapshot;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which pool opened connections with which secrets; after a rotation of one of them its connections
 * are retired, by the pool's own means, one by one within the time that the option {@code retire}
 * gives. Pools and connections are held weakly. Any thread.
 */
@SuppressWarnings("ReferenceEquality") // of other libraries' objects only the identity is known
public final class Pools extends RotationListener {
  private static final List<Pool> POOLS = new ArrayList<Pool>();

  /** What this thread is about to open a connection for. */
  private static final ThreadLocal<Opening> OPENING = new ThreadLocal<>();

  /** What this thread's last connection was opened with, for pools that are told after it. */
  private static final ThreadLocal<Set<String>> OPENED = new ThreadLocal<>();

  /** The pool for which this thread constructs what stands for a connection. */
  private static final ThreadLocal<WeakReference<Object>> WRAPPING =
      new ThreadLocal<WeakReference<Object>>();

  private static boolean listening;

  private Pools() {}

  /** This thread goes on to open a connection for that pool. */
  public static void opening(Object pool) {
    OPENED.remove();
    OPENING.set(new Opening(pool));
  }

  /** What the pool knows the connection by that this thread goes on to open. */
  public static void openingAs(Object connection) {
    for (Pool pool : all()) {
      pool.renewed(connection);
    }
    Opening opening = OPENING.get();
    if (opening != null) {
      opening.connection = new WeakReference<Object>(connection);
    }
  }

  /** This thread opened a connection with values of these secrets. */
  public static void opened(Set<String> secrets) {
    Opening opening = OPENING.get();
    Object pool = opening == null ? null : opening.pool.get();
    if (opening == null || pool == null) {
      OPENED.set(secrets);
    } else {
      OPENING.remove();
      add(pool, opening.connection == null ? null : opening.connection.get(), secrets);
    }
  }

  /** The last connection that this thread opened is that pool's, which knows it by that object. */
  public static void openedFor(Object pool, Object connection) {
    Set<String> secrets = OPENED.get();
    if (secrets != null) {
      OPENED.remove();
      add(pool, connection, secrets);
    }
  }

  /** This thread constructs an object for the last connection, which is that pool's. */
  public static void wrapping(Object pool) {
    WRAPPING.set(new WeakReference<Object>(pool));
  }

  /** The object, perhaps: it may be any other. */
  public static void wrapped(Object connection) {
    WeakReference<Object> wrapping = WRAPPING.get();
    if (wrapping != null) {
      WRAPPING.remove();
      Object pool = wrapping.get();
      if (pool != null) {
        openedFor(pool, connection);
      }
    }
  }

  /** That is one of the pool's connections, if it is a pool of ours. */
  public static void seen(Object pool, Object connection) {
    Pool known;
    synchronized (POOLS) {
      known = known(pool);
    }
    if (known != null) {
      known.add(connection);
    }
  }

  /** That is no connection of the pool's any more, if it ever was. */
  public static void gone(Object pool, Object connection) {
    Pool known;
    synchronized (POOLS) {
      known = known(pool);
    }
    if (known != null) {
      known.remove(connection);
    }
  }

  /** Whether it is the turn of this connection, by whatever object its pool knows it, to go. */
  public static boolean isDue(Object connection) {
    for (Pool pool : all()) {
      if (pool.isDue(connection)) {
        return true;
      }
    }
    return false;
  }

  /** If this thread retires connections, it waits for the next one's turn. */
  public static void awaitTurn() throws InterruptedException {
    Thread thread = Thread.currentThread();
    if (thread instanceof Retirement) {
      ((Retirement) thread).await();
    }
  }

  /** Whether a connection that goes back to DBCP was retired meanwhile and is closed now. */
  public static boolean returned(Object lent) throws Throwable {
    if (Dbcp.someAreToBeClosedOnReturn()) {
      for (Pool pool : all()) {
        if (pool instanceof Dbcp && ((Dbcp) pool).closeIfRetired(lent)) {
          return true;
        }
      }
    }
    return false;
  }

  private static List<Pool> all() {
    synchronized (POOLS) {
      return new ArrayList<Pool>(POOLS);
    }
  }

  private static void add(Object pool, @Nullable Object connection, Set<String> secrets) {
    Pool added;
    synchronized (POOLS) {
      if (!listening) {
        listening = true;
        Rotations.add(new Pools());
      }
      added = known(pool);
      if (added == null) {
        added = Pool.of(pool);
        POOLS.add(added);
      }
    }
    added.uses(secrets);
    if (connection != null) {
      added.add(connection);
    }
  }

  /** Forgets pools that are gone, by the way. */
  private static @Nullable Pool known(Object pool) {
    for (int i = POOLS.size(); --i >= 0; ) {
      Object known = POOLS.get(i).pool.get();
      if (known == pool) {
        return POOLS.get(i);
      }
      if (known == null) {
        POOLS.remove(i);
      }
    }
    return null;
  }

  @Override
  public void rotated(Snapshot before, Snapshot now, Set<String> changed) {
    for (Pool pool : all()) {
      if (pool.usesAny(changed)) {
        new Retirement(pool).start();
      }
    }
  }

  private static final class Opening {
    final WeakReference<Object> pool;
    @Nullable WeakReference<Object> connection;

    Opening(Object pool) {
      this.pool = new WeakReference<Object>(pool);
    }
  }
}
