package dev.keyturn.plan;

import static dev.keyturn.plan.PlanTest.problems;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Variables that an operator's profile names. */
class VariablesTest {
  private static final Map<String, String> POD =
      Map.of("namespace", "shop", "serviceaccount", "web", "environment", "prod");

  private static Map<String, String> with(String... namesAndValues) {
    var variables = new HashMap<>(POD);
    for (int i = 0; i < namesAndValues.length; i += 2) {
      variables.put(namesAndValues[i], namesAndValues[i + 1]);
    }
    return variables;
  }

  private static List<Reference> read(String from, Map<String, String> variables) {
    return Plan.parseYaml(
            "{vault: {address: 'http://v', role: r}, secrets: {a: '" + from + "'}}", variables)
        .secrets()
        .getFirst()
        .references();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "${store}/shop#password | vault:secret/data | vault:secret/data/shop#password",
        "${store}/shop#password | k8s:secret | k8s:secret/shop#password",
        "${store}/shop.yaml#password | file:/keyturn/volumes/dev | file:/keyturn/volumes/dev/shop.yaml#password",
        "${store}#password | file:dev/shop.yaml | file:dev/shop.yaml#password",
        "${store}#password | file:/mnt?format=directory | file:/mnt?format=directory#password",
        "${store}?decode=base64#a | file:/mnt?format=directory | file:/mnt?format=directory&decode=base64#a",
        "${store}/db#password | file:/mnt?format=yaml | file:/mnt/db?format=yaml#password",
        "${store}/db?decode=base64 | file:/mnt?format=raw | file:/mnt/db?format=raw&decode=base64",
        "${store}?decode=base64#a | k8s:secret/shop | k8s:secret/shop?decode=base64#a",
        "${store}/db | aws-ssm:/prod | aws-ssm:/prod/db",
        "${store}/db#a | vault:secret/data/${environment}/${namespace} | vault:secret/data/prod/shop/db#a",
        "vault:${store}/db | team/${namespace} | vault:team/shop/db",
        "vault:pki/issue/web?common_name=a.${store} | shop.example.com | vault:pki/issue/web?common_name=a.shop.example.com",
      })
  void aVariableIsTheBeginningOfAReferenceOrAPieceOfIt(String from, String store, String whole) {
    assertThat(Variables.problem("store", store)).isNull();
    assertThat(read(from, with("store", store))).containsExactly(Reference.parse(whole));
  }

  @Test
  void eachOfSeveralPlacesMayBeginWithOne() {
    assertThat(
            read(
                "${new}/shop#a | ${old}/shop#a | vault:x/y#a",
                with("new", "vault:secret/data", "old", "k8s:secret")))
        .containsExactly(
            Reference.parse("vault:secret/data/shop#a"),
            Reference.parse("k8s:secret/shop#a"),
            Reference.parse("vault:x/y#a"));
    // A bar of a path's own stays one.
    assertThat(read("vault:secret/a | ${namespace}", POD))
        .containsExactly(Reference.parse("vault:secret/a | shop"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "${stroe}/shop | vault:a/b | holds an unknown variable; did you mean 'store'? known: namespace, serviceaccount, environment, store",
        "vault:a/${stroe} | vault:a/b | holds an unknown variable; did you mean 'store'? known: namespace, serviceaccount, environment, store",
        "${store}shop | vault:a/b | has something else than '/', '?' or '#' behind ${store}",
        "${store}&decode=base64 | file:/a?format=raw | has something else than '/', '?' or '#' behind ${store}",
        "${store}/a?format=yaml | file:/a?format=raw | an option is there twice",
        "vault:a/${store} | vault:a/b | ${store} is the beginning of a reference: it can stand nowhere else",
        "${store}/shop | team | not a reference: it starts with its source",
        "${store}/${store} | vault:a/b | it can stand nowhere else",
        "${serviceaccount}/shop | vault:a/b | not a reference: it starts with its source",
        "${store}/shop | vault:a/${other} | holds an unknown variable",
      })
  void whatCannotBeFilledInIsTold(String from, String store, String message) {
    assertThat(problems(() -> read(from, with("store", store))))
        .singleElement()
        .asString()
        .startsWith("secrets.a: ")
        .contains(message);
  }

  /** What the API server has not checked yet when a pod is admitted. */
  @Test
  void aVariableOfThePodStaysOneWordWithinTheOperators() {
    var variables = with("store", "vault:secret/data/${serviceaccount}");
    variables.put("serviceaccount", "web/../admin");
    assertThat(problems(() -> read("${store}/db", variables)))
        .singleElement()
        .asString()
        .contains("the value of ${serviceaccount} is not one word");
    variables.put("serviceaccount", "vault:other/data");
    assertThat(problems(() -> read("${serviceaccount}/db", variables)))
        .singleElement()
        .asString()
        .contains("not a reference");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "namespace | a | is what every pod has by itself",
        "'' | a | a variable's name is",
        "9a | a | a variable's name is",
        "a.b | a | a variable's name is",
        "a b | a | a variable's name is",
        "store | '' | is neither a piece of a path",
        "store | a b | is neither a piece of a path",
        "store | a/../b | is neither a piece of a path",
        "store | a&b=c | is neither a piece of a path",
        "store | valt:secret/data | is neither a piece of a path",
        "store | vault: | has no path behind its ':'",
        "store | vault:secret/ | the path has an empty segment",
        "store | vault:secret/a#b | holds a '#'",
        "store | vault:a/b | k8s:secret/x",
        "store | vault:a/${store} | holds a variable that is not of the pod; known: namespace",
        "store | ${other} | holds a variable that is not of the pod; known: namespace",
      })
  void aVariableThatNoReferenceCouldHoldIsRefused(String name, String value, String message) {
    String given = message.startsWith("k8s:") ? value + " | " + message : value;
    assertThat(Variables.problem(name, given))
        .contains(message.startsWith("k8s:") ? "is two places" : message);
  }

  @Test
  void thePodGetsTheOperatorsVaultWhereTheVariableLeadsThereAlone() {
    Map<String, String> annotations =
        Map.of("keyturn.dev/inject", "true", "keyturn.dev/secret.db", "${store}/db#password");
    Map<String, String> operators =
        Map.of("address", "https://vault:8200", "role", "r", "aws.region", "eu-central-1");
    Plan vault = plan(annotations, operators, "vault:secret/data");
    assertThat(vault.vault()).isPresent();
    assertThat(vault.settings()).isEmpty();
    Plan kubernetes = plan(annotations, operators, "k8s:secret");
    assertThat(kubernetes.vault()).isEmpty();
    Plan aws = plan(annotations, operators, "aws-sm:prod");
    assertThat(aws.vault()).isEmpty();
    assertThat(aws.setting("aws", "region")).contains("eu-central-1");
  }

  private static Plan plan(
      Map<String, String> annotations, Map<String, String> operators, String store) {
    return PodPlan.parse(annotations, operators, with("store", store)).orElseThrow().plan();
  }
}
