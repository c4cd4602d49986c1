package dev.keyturn.webhook.certificate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.webhook.kubernetes.FakeApiServer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Several replicas, each killed between any two of its calls and started again, while keys are
 * replaced: whatever a replica serves is trusted by every API server, also by one that hears of a
 * change late. In virtual time.
 */
@Timeout(120)
class ReplicasTest {
  private static final String SECRET = "/api/v1/namespaces/keyturn/secrets/tls";
  private static final int REPLICAS = 3;
  private static final int STEPS = 60;

  /** Later than this no API server hears of a new bundle. */
  private static final Duration LAG = SelfMadeCertificates.SETTLE.minusSeconds(1);

  @TempDir private Path directory;

  private final VirtualClock clock = new VirtualClock();
  private final TreeMap<Instant, String> bundles = new TreeMap<>();
  private final List<Replica> replicas = new ArrayList<>();
  private int turned;

  /** One process of the webhook. */
  private final class Replica {
    private final SelfMadeCertificates source;
    private @Nullable ServerCertificate served;

    Replica(FakeApiServer api) throws Exception {
      source = new SelfMadeCertificates(api.client(), "keyturn", "tls", "keyturn", "hook", clock);
    }

    void look(String when) throws Exception {
      ServerCertificate found;
      try {
        found = source.current();
      } catch (CertificateException e) {
        return; // it goes on with what it has, as CertificateKeeper does
      }
      if (served != null && !found.equals(served) && served.notAfter().isAfter(clock.now)) {
        turned++;
        var late = bundles.floorEntry(clock.now.minus(LAG));
        assertThat(late != null && isTrusted(found, late.getValue()))
            .as(when + ": trusted by an API server that hears of changes late")
            .isTrue();
      }
      served = found;
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void whateverIsServedIsTrusted(long seed) throws Exception {
    var random = new Random(seed);
    try (var api = new FakeApiServer(directory)) {
      api.putConfiguration("keyturn", "pods.keyturn.dev");
      api.put(SECRET, JsonMapper.shared().createObjectNode()); // as the chart leaves it
      for (int i = 0; i < REPLICAS; i++) {
        replicas.add(new Replica(api));
      }
      for (int step = 0; step < STEPS; step++) {
        String when = "seed " + seed + ", step " + step;
        clock.now = clock.now.plusMillis(random.nextInt(10_000));
        int one = random.nextInt(REPLICAS);
        switch (random.nextInt(20)) {
          case 0, 1 -> clock.now = clock.now.plus(Duration.ofDays(61)); // certificates are due
          case 2, 3 -> api.put(SECRET, emptied(api.objects.get(SECRET))); // somebody wants new keys
          case 4, 5, 6, 7, 8, 9 -> {
            for (int calls = random.nextInt(5); calls > 0; calls--) {
              api.meanwhile.add(() -> {});
            }
            api.meanwhile.add(() -> api.status = 503);
            replicas.get(one).look(when);
            api.meanwhile.clear();
            api.status = 0;
            replicas.set(one, new Replica(api));
          }
          default -> {}
        }
        for (Replica replica : replicas) {
          replica.look(when);
          ObjectNode configuration = api.objects.get(FakeApiServer.configurationPath("keyturn"));
          bundles.put(clock.now, configuration.at("/webhooks/0/clientConfig/caBundle").asString());
        }
        for (Replica replica : replicas) {
          assertThat(isTrusted(replica.served, bundles.lastEntry().getValue())).as(when).isTrue();
        }
      }
    }
    assertThat(turned).as("certificates replaced while served").isGreaterThan(4);
  }

  private static boolean isTrusted(@Nullable ServerCertificate served, String bundle)
      throws Exception {
    assertThat(served).isNotNull();
    var text = new String(Base64.getDecoder().decode(bundle), StandardCharsets.US_ASCII);
    for (X509Certificate authority : Pem.certificates(text)) {
      try {
        served.chain().getFirst().verify(authority.getPublicKey());
        return true;
      } catch (GeneralSecurityException e) {
        // the next one
      }
    }
    return false;
  }

  private static ObjectNode emptied(ObjectNode secret) {
    ObjectNode copy = secret.deepCopy();
    copy.remove("data");
    return copy;
  }

  private static final class VirtualClock extends Clock {
    private Instant now = Instant.now();

    @Override
    public Instant instant() {
      return now;
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }
}
