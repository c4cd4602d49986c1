package dev.keyturn.sidecar.refresh;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.plan.RefreshHint;
import dev.keyturn.sidecar.audit.AuditLog;
import dev.keyturn.sidecar.audit.Workload;
import dev.keyturn.sidecar.refresh.Refreshes.Accepted;
import dev.keyturn.sidecar.refresh.Refreshes.By;
import dev.keyturn.sidecar.rotation.SecretLoop.Looked;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class RefreshesTest {
  private Instant now = Instant.EPOCH;
  private final ByteArrayOutputStream log = new ByteArrayOutputStream();
  private final List<Set<String>> begun = new ArrayList<>();
  private final List<Looked> lookers = new ArrayList<>();
  private final Refreshes refreshes =
      new Refreshes(
          List.of("db", "key", "app.conf"),
          (secrets, looked) -> {
            begun.add(new TreeSet<>(secrets));
            lookers.add(looked);
          },
          new AuditLog(log, Workload.NONE, InstantSource.fixed(Instant.EPOCH)),
          () -> now,
          new SplittableRandom(1));

  private Accepted ask(String hint, By by) {
    return refreshes.ask(RefreshHint.parse(hint), by);
  }

  private void pass(Duration time) {
    now = now.plus(time);
    refreshes.beginDue();
  }

  private List<String> lines() {
    return log.toString(StandardCharsets.UTF_8).lines().toList();
  }

  @Test
  void who_asks_one_sidecar_is_served_at_once() {
    assertThat(ask("", By.ENDPOINT).pause()).isZero();
    pass(Duration.ZERO);
    assertThat(begun).containsExactly(Set.of("db", "key", "app.conf"));
  }

  @Test
  void named_secrets_alone_are_looked_at() {
    assertThat(ask("key,db@7", By.ENDPOINT).secrets()).containsExactly("db", "key");
    pass(Duration.ZERO);
    assertThat(begun).containsExactly(Set.of("db", "key"));
  }

  @Test
  void a_storm_is_one_look_and_one_more_for_what_came_after_it() {
    for (int second = 0; second < 5; second++) {
      for (int i = 0; i < 1000; i++) {
        ask("db@" + i, By.ENDPOINT);
        pass(Duration.ofMillis(1));
      }
    }
    assertThat(begun).hasSize(1);
    pass(Refreshes.SPACING);
    pass(Refreshes.SPACING);
    assertThat(begun).hasSize(2);
  }

  @Test
  void what_waits_together_is_looked_at_together() {
    ask("db@1", By.ENDPOINT);
    ask("key@2", By.ENDPOINT);
    pass(Duration.ZERO);
    assertThat(begun).containsExactly(Set.of("db", "key"));
  }

  @Test
  void a_fleet_that_is_poked_at_once_spreads() {
    assertThat(ask("7 within 60s", By.ANNOTATION).pause())
        .isBetween(Duration.ofMillis(1), Duration.ofSeconds(60));
    pass(Duration.ZERO);
    assertThat(begun).isEmpty();
    pass(Duration.ofSeconds(60));
    assertThat(begun).hasSize(1);
  }

  @Test
  void one_line_says_when_all_looks_are_over() {
    ask("db,key@build 7", By.ENDPOINT);
    pass(Duration.ZERO);
    lookers.getFirst().looked("db", false);
    assertThat(lines()).isEmpty();
    lookers.getFirst().looked("key", false);
    lookers.getFirst().looked("key", false);
    assertThat(lines())
        .containsExactly(
            "{\"time\":\"1970-01-01T00:00:00Z\",\"event\":\"refresh\",\"outcome\":\"ok\","
                + "\"by\":\"endpoint\",\"hint\":\"build 7\",\"secrets\":\"db,key\"}");
  }

  @Test
  void the_line_names_what_is_not_fresh() {
    ask("7 within 0s", By.ANNOTATION);
    pass(Duration.ZERO);
    lookers.getFirst().looked("db", true);
    lookers.getFirst().looked("key", false);
    lookers.getFirst().looked("app.conf", true);
    assertThat(lines())
        .singleElement()
        .asString()
        .contains("\"outcome\":\"failed\",\"by\":\"annotation\",\"hint\":\"7\",\"error\"")
        .contains("not fresh: db, app.conf");
  }

  @Test
  void a_name_that_no_secret_has_is_told_and_hinders_no_other() {
    Accepted accepted = ask("db,dc@7", By.ENDPOINT);
    assertThat(accepted.unknown()).containsExactly("dc");
    pass(Duration.ZERO);
    assertThat(begun).containsExactly(Set.of("db"));
    assertThat(lines())
        .singleElement()
        .asString()
        .contains("there is no secret dc: this plan has app.conf, db, key");
    ask("dc@8", By.ENDPOINT);
    pass(Refreshes.SPACING);
    assertThat(begun).hasSize(1);
  }
}
