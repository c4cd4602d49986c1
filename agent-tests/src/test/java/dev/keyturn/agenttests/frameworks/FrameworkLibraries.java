package dev.keyturn.agenttests.frameworks;

/** What each framework needs on its class path. */
public final class FrameworkLibraries {
  static final String[] SPRING = {
    "spring-core",
    "spring-context",
    "spring-beans",
    "spring-expression",
    "spring-aop",
    "commons-logging",
    "micrometer-observation",
    "micrometer-commons"
  };

  /** Spring Boot with Tomcat and its actuator, and Spring Cloud's contexts. */
  static final String[] BOOT = {
    "spring-core",
    "spring-context",
    "spring-beans",
    "spring-expression",
    "spring-aop",
    "spring-web",
    "spring-webmvc",
    "spring-boot",
    "spring-boot-autoconfigure",
    "spring-boot-actuator",
    "spring-boot-actuator-autoconfigure",
    "spring-boot-health",
    "spring-boot-http-converter",
    "spring-boot-jackson",
    "spring-boot-micrometer-metrics",
    "spring-boot-micrometer-observation",
    "spring-boot-servlet",
    "spring-boot-tomcat",
    "spring-boot-web-server",
    "spring-boot-webmvc",
    "spring-cloud-context",
    "spring-security-crypto",
    "tomcat-embed-core",
    "tomcat-embed-el",
    "jakarta.annotation-api",
    "jackson-annotations",
    "jackson-core:3",
    "jackson-databind:3",
    "micrometer-commons",
    "micrometer-core",
    "micrometer-jakarta9",
    "micrometer-observation",
    "HdrHistogram",
    "LatencyUtils",
    "commons-logging",
    "logback-classic",
    "logback-core",
    "slf4j-api",
    "jspecify"
  };

  static final String[] SMALLRYE = {
    "smallrye-config",
    "smallrye-config-core",
    "smallrye-config-common",
    "smallrye-common-annotation",
    "smallrye-common-classloader",
    "smallrye-common-constraint",
    "smallrye-common-expression",
    "smallrye-common-function",
    "microprofile-config-api",
    "jboss-logging",
    "asm"
  };

  static final String[] MICRONAUT = {
    "micronaut-context",
    "micronaut-inject",
    "micronaut-aop",
    "micronaut-core",
    "jakarta.inject-api",
    "jakarta.annotation-api",
    "slf4j-api"
  };

  private FrameworkLibraries() {}

  public static String[] boot() {
    return BOOT.clone();
  }
}
