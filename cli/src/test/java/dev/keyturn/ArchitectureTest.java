package dev.keyturn;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The arrows between modules, as CONTRIBUTING.md draws them. */
@AnalyzeClasses(packages = "dev.keyturn", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {

  @ArchTest static final ArchRule the_plan_knows_no_other_module = knowsOnly("plan", "template");

  @ArchTest static final ArchRule templates_know_the_plan = knowsOnly("template", "plan");

  @ArchTest static final ArchRule the_writer_knows_no_other_module = knowsOnly("tmpfs");

  @ArchTest
  static final ArchRule the_sidecar_knows_the_plan_and_the_writer =
      knowsOnly("sidecar", "plan", "template", "tmpfs");

  @ArchTest
  static final ArchRule the_webhook_knows_the_plan = knowsOnly("webhook", "plan", "template");

  @ArchTest
  static final ArchRule the_api_knows_no_other_module =
      classes()
          .that()
          .resideInAnyPackage("dev.keyturn", "dev.keyturn.mount..")
          .should()
          .onlyDependOnClassesThat(
              resideInAnyPackage("dev.keyturn", "dev.keyturn.mount..")
                  .or(not(resideInAPackage("dev.keyturn.."))));

  @ArchTest static final ArchRule the_java_agent_knows_the_api = knowsOnly("javaagent", "mount");

  @ArchTest
  static final ArchRule the_command_line_knows_the_sidecar_the_webhook_and_what_they_know =
      knowsOnly("cli", "sidecar", "webhook", "plan", "template", "tmpfs");

  @ArchTest
  static final ArchRule the_plan_does_no_input_or_output =
      noClasses()
          .that()
          .resideInAnyPackage("dev.keyturn.plan..", "dev.keyturn.template..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("java.io..", "java.net.http..", "java.nio.channels..");

  /** {@code module} and the modules that it may know, by their packages' names. */
  private static ArchRule knowsOnly(String module, String... others) {
    String own = "dev.keyturn." + module + "..";
    String[] allowed = new String[others.length + 1];
    allowed[0] = own;
    for (int n = 0; n < others.length; n++) {
      allowed[n + 1] = "dev.keyturn." + others[n] + "..";
    }
    return classes()
        .that()
        .resideInAPackage(own)
        .should()
        .onlyDependOnClassesThat(
            resideInAnyPackage(allowed).or(not(resideInAPackage("dev.keyturn.."))));
  }
}
