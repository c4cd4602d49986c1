package dev.keyturn.sidecar.aws;

import dev.keyturn.sidecar.source.FetchException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.ReentrantLock;
import software.amazon.awssdk.core.exception.AbortedException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.ssm.model.GetParametersRequest;
import software.amazon.awssdk.services.ssm.model.Parameter;
import software.amazon.awssdk.services.ssm.model.SsmException;

/**
 * The parameters of a plan that are read by their names. Who asks at the same time shares a
 * request; so does who wants to know of a version at nearly the same time. Safe for use by several
 * threads.
 */
final class Parameters implements AutoCloseable {
  static final String ACTION = "ssm:GetParameters";

  /** Of one request (SSM API reference, GetParameters). */
  private static final int MAX_NAMES = 10;

  /** All loops of a plan start within this, which nobody notices beside a login. */
  private static final Duration GATHER = Duration.ofMillis(10);

  private final Aws aws;
  private final InstantSource clock;
  private final Duration gather;
  private final List<Asked> waiting = new ArrayList<>();
  private final ReentrantLock looking = new ReentrantLock();
  private final Map<String, Look> looks = new LinkedHashMap<>();
  private boolean mayNotShare;

  Parameters(Aws aws, InstantSource clock) {
    this(aws, clock, GATHER);
  }

  /**
   * As the other.
   *
   * @param gather for how long the first who asks waits for others
   */
  Parameters(Aws aws, InstantSource clock, Duration gather) {
    this.aws = aws;
    this.clock = clock;
    this.gather = gather;
  }

  /** One who waits for a parameter; empty: there is none. */
  private record Asked(String name, CompletableFuture<Optional<Parameter>> answer) {}

  /** What was seen of a parameter without its value: its version, 0 for none. */
  private record Look(long version, Instant at) {}

  /** Has a name looked at together with others from now on. */
  void register(String name) {
    looking.lock();
    try {
      looks.putIfAbsent(name, new Look(0, Instant.MIN));
    } finally {
      looking.unlock();
    }
  }

  /** A parameter, decrypted; empty if there is none. */
  Optional<Parameter> read(String name) throws SdkException, FetchException, InterruptedException {
    var asked = new Asked(name, new CompletableFuture<>());
    boolean first;
    synchronized (waiting) {
      first = waiting.isEmpty();
      waiting.add(asked);
    }
    if (first) {
      gather();
    }
    try {
      return asked.answer().get();
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case SdkException failure -> throw failure;
        case FetchException failure -> throw failure;
        case null, default -> throw new IllegalStateException(e.getCause());
      }
    }
  }

  /** Asks for all who have come until now. */
  private void gather() {
    boolean interrupted = false;
    try {
      Thread.sleep(gather);
    } catch (InterruptedException e) {
      interrupted = true;
    }
    List<Asked> all;
    synchronized (waiting) {
      all = new ArrayList<>(waiting);
      waiting.clear();
    }
    while (!all.isEmpty()) {
      // An answer has names without versions and labels, so each is there once.
      Map<String, Asked> some = new LinkedHashMap<>();
      for (Asked asked : all) {
        if (some.size() < MAX_NAMES && isAlike(some, asked)) {
          some.putIfAbsent(base(asked.name()), asked);
        }
      }
      all.removeAll(some.values());
      if (interrupted) {
        fail(some, AbortedException.create("interrupted"));
      } else {
        answer(some);
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Of one region: an ARN says its own. */
  private static boolean isAlike(Map<String, Asked> some, Asked asked) {
    return some.isEmpty()
        || region(some.values().iterator().next().name()).equals(region(asked.name()));
  }

  private void answer(Map<String, Asked> some) {
    try {
      List<String> names = some.values().stream().map(Asked::name).toList();
      Map<String, Parameter> found = get(names, true);
      some.forEach((base, one) -> one.answer().complete(Optional.ofNullable(found.get(base))));
    } catch (SdkException e) {
      if (isDenied(e) && some.size() > 1) {
        // One that may not be read is no reason to do without the others.
        some.forEach((base, one) -> answer(Map.of(base, one)));
      } else {
        fail(some, e);
      }
    } catch (FetchException | RuntimeException e) {
      fail(some, e);
    }
  }

  private static void fail(Map<String, Asked> some, Exception e) {
    some.values().forEach(one -> one.answer().completeExceptionally(e));
  }

  /**
   * The version that a parameter has, without its value: for a SecureString KMS is not asked.
   *
   * @param since no look before this will do
   * @return 0 for none
   */
  long version(String name, Instant since)
      throws SdkException, FetchException, InterruptedException {
    looking.lockInterruptibly();
    try {
      Look known = looks.get(name);
      if (known != null && known.at().isAfter(since)) {
        return known.version();
      }
      Map<String, String> some = new LinkedHashMap<>();
      some.put(base(name), name);
      for (String other : looks.keySet()) {
        if (!mayNotShare && some.size() < MAX_NAMES && region(other).equals(region(name))) {
          some.putIfAbsent(base(other), other);
        }
      }
      return look(name, some);
    } finally {
      looking.unlock();
    }
  }

  private long look(String name, Map<String, String> some) throws SdkException, FetchException {
    Instant began = clock.instant();
    Map<String, Parameter> found;
    try {
      found = get(List.copyOf(some.values()), false);
    } catch (SsmException e) {
      if (!isDenied(e) || some.size() == 1) {
        throw e;
      }
      mayNotShare = true;
      return look(name, Map.of(base(name), name));
    }
    some.forEach(
        (base, full) -> {
          Parameter parameter = found.get(base);
          // Those that were looked at longest ago are looked at first.
          looks.remove(full);
          looks.put(full, new Look(parameter == null ? 0 : parameter.version(), began));
        });
    Look now = looks.get(name);
    return now == null ? 0 : now.version();
  }

  /** By the names as they were asked for, without versions and labels. */
  private Map<String, Parameter> get(List<String> names, boolean decrypted)
      throws SdkException, FetchException {
    var request = GetParametersRequest.builder().names(names).withDecryption(decrypted).build();
    var found = new HashMap<String, Parameter>();
    for (Parameter parameter : aws.ssm(names.getFirst()).getParameters(request).parameters()) {
      found.put(parameter.name(), parameter);
      found.put(parameter.arn(), parameter);
    }
    return found;
  }

  private static boolean isDenied(SdkException e) {
    return e instanceof SsmException service
        && "AccessDeniedException".equals(service.awsErrorDetails().errorCode());
  }

  private static String region(String name) {
    return name.startsWith("arn:") ? name.split(":", 5)[3] : "";
  }

  /** A name without what follows the colon behind it; an ARN has five of its own. */
  private static String base(String name) {
    int from = name.startsWith("arn:") ? name.indexOf(":parameter/") + 1 : 0;
    int colon = name.indexOf(':', from);
    return colon < 0 ? name : name.substring(0, colon);
  }

  @Override
  public void close() {
    // Nothing is held.
  }
}
