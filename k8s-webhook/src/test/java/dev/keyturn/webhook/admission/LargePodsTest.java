package dev.keyturn.webhook.admission;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.io.ByteArrayInputStream;
import java.lang.management.ManagementFactory;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * What a large pod costs, counted in the bytes that its answer takes, garbage included: a clock
 * would count what else the machine does. Work that grows with the square of a pod shows, too.
 */
class LargePodsTest {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private final Injector injector = new Injector(TestSettings.typical());

  private static String annotations(Map<String, String> more) {
    return "\"keyturn.dev/inject\":\"true\",\"keyturn.dev/secret.db\":\"vault:secret/data/shop\","
        + "\"keyturn.dev/vault.role\":\"shop\""
        + more.entrySet().stream()
            .map(entry -> ",\"" + entry.getKey() + "\":\"" + entry.getValue() + "\"")
            .collect(Collectors.joining());
  }

  private static String review(String annotations, String containers) {
    return """
        {"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"1",\
        "kind":{"group":"","version":"v1","kind":"Pod"},"namespace":"shop","operation":"CREATE",\
        "object":{"metadata":{"annotations":{%s}},"spec":{"containers":[%s]}}}}"""
        .formatted(annotations, containers);
  }

  private static String container(int number, int variableBytes) {
    return "{\"name\":\"app-%d\",\"image\":\"example.com/shop:1\",\"env\":[{\"name\":\"TEXT\",\"value\":\"%s\"}]}"
        .formatted(number, "x".repeat(variableBytes));
  }

  /** Answers a review, which injects, and says how many bytes that took. */
  private long allocatedFor(String review) {
    byte[] body = review.getBytes(UTF_8);
    answer(body); // loads classes
    long before = THREADS.getCurrentThreadAllocatedBytes();
    byte[] answer = answer(body);
    long allocated = THREADS.getCurrentThreadAllocatedBytes() - before;
    assertThat(new String(answer, UTF_8)).contains("\"patch\":\"");
    return allocated;
  }

  private byte[] answer(byte[] body) {
    AdmissionReview review = AdmissionReview.read(new ByteArrayInputStream(body));
    return review.answer(injector.admit(review.pod().orElseThrow()));
  }

  @Test
  void aPodOfOneMegabyteTakesAFewTimesItsSize() {
    String review = review(annotations(Map.of()), container(0, 1 << 20));
    assertThat(allocatedFor(review)).isLessThan(8L << 20);
  }

  @Test
  void aHundredContainersTakeAHundredTimesWhatOneDoesAndNoMore() {
    String one = review(annotations(Map.of()), container(0, 100));
    String hundred =
        review(
            annotations(Map.of()),
            IntStream.range(0, 100)
                .mapToObj(number -> container(number, 100))
                .collect(Collectors.joining(",")));
    assertThat(allocatedFor(hundred)).isLessThan(100 * allocatedFor(one)).isLessThan(4L << 20);
  }

  @Test
  void tenThousandAnnotationsOfOthersAreReadAndLeftAlone() {
    Map<String, String> others =
        IntStream.range(0, 10_000)
            .boxed()
            .collect(Collectors.toMap(number -> "example.com/a" + number, number -> "v" + number));
    assertThat(allocatedFor(review(annotations(others), container(0, 100)))).isLessThan(16L << 20);
  }

  @Test
  void tenThousandAnnotationsOfOursAreRefusedInAShortAnswer() {
    Map<String, String> misspelt =
        IntStream.range(0, 10_000)
            .boxed()
            .collect(Collectors.toMap(number -> "keyturn.dev/a" + number, number -> "v" + number));
    byte[] body = review(annotations(misspelt), container(0, 100)).getBytes(UTF_8);
    answer(body);
    long before = THREADS.getCurrentThreadAllocatedBytes();
    byte[] answer = answer(body);
    assertThat(THREADS.getCurrentThreadAllocatedBytes() - before).isLessThan(128L << 20);
    assertThat(new String(answer, UTF_8)).contains("\"allowed\":false");
    assertThat(answer).hasSizeLessThan(64 << 10);
  }
}
