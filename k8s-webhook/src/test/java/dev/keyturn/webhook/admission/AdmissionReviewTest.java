package dev.keyturn.webhook.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AdmissionReviewTest {
  private static final String HEAD =
      "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\",\"request\":";
  private static final String CREATE =
      "{\"uid\":\"u\",\"operation\":\"CREATE\",\"kind\":{\"group\":\"\",\"version\":\"v1\","
          + "\"kind\":\"Pod\"},\"namespace\":\"n\",\"object\":";

  @Test
  void aNewPodIsReadWithTheRequestsNamespace() {
    Pod pod = read(HEAD + CREATE + "{\"metadata\":{\"name\":\"p\"},\"spec\":{}}}}").pod().get();
    assertThat(pod.namespace()).isEqualTo("n");
    assertThat(pod.name()).isEqualTo("p");
    assertThat(pod.serviceAccount()).isEqualTo("default");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "`` | no AdmissionReview",
        "{ | not JSON",
        "[] | no AdmissionReview",
        "null | no AdmissionReview",
        "{\"apiVersion\":\"admission.k8s.io/v1beta1\",\"kind\":\"AdmissionReview\"} | the one version",
        "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"Pod\"} | no AdmissionReview",
        "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\"} | no request.uid",
        "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\"} {} | not JSON",
      })
  void whatIsNoReviewIsRefused(String body, String says) {
    assertThatThrownBy(() -> read(body == null ? "" : body))
        .isInstanceOf(MalformedReviewException.class)
        .hasMessageContaining(says);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "null | request.object",
        "[] | request.object",
        "{\"spec\":[]} | 'spec' is not an object",
        "{\"metadata\":1} | 'metadata' is not an object",
        "{\"metadata\":{\"annotations\":[]}} | 'annotations' is not an object",
        "{\"spec\":{\"containers\":{}}} | 'containers' is not a list",
        "{\"spec\":{\"containers\":[1]}} | 'containers' is not an object with a name",
        "{\"spec\":{\"initContainers\":[{}]}} | 'initContainers' is not an object with a name",
        "{\"spec\":{\"volumes\":[{\"name\":1}]}} | 'volumes' is not an object with a name",
        "{\"spec\":{\"containers\":[{\"name\":\"a\",\"env\":[[]]}]}} | 'env' is not an object",
        "{\"spec\":{\"containers\":[{\"name\":\"a\",\"envFrom\":{}}]}} | 'envFrom' is not a list",
        "{\"spec\":{\"containers\":[{\"name\":\"a\",\"securityContext\":[]}]}} | 'securityContext'",
      })
  void aPodThatNoApiServerSendsIsRefused(String object, String says) {
    assertThatThrownBy(() -> read(HEAD + CREATE + object + "}}"))
        .isInstanceOf(MalformedReviewException.class)
        .hasMessageContaining(says);
  }

  @Test
  void aDeeplyNestedBodyIsRefused() {
    assertThatThrownBy(() -> read("[".repeat(100_000)))
        .isInstanceOf(MalformedReviewException.class);
  }

  @Test
  void aBodyOfVeryManyValuesIsRefusedBeforeItFillsTheHeap() {
    assertThat(read(HEAD + CREATE + values(70_000) + "}}").pod()).isPresent();
    assertThatThrownBy(() -> read(HEAD + CREATE + values(80_000) + "}}"))
        .isInstanceOf(MalformedReviewException.class);
  }

  private static String values(int count) {
    return "{\"spec\":{\"x\":[" + "{},".repeat(count - 1) + "{}]}}";
  }

  private static AdmissionReview read(String body) {
    return AdmissionReview.read(new ByteArrayInputStream(body.getBytes(StandardCharsets.UTF_8)));
  }
}
