package dev.keyturn.javaagent.sink;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JdbcUrlTest {
  private static final String U = "keyturn:db/username";
  private static final String P = "keyturn:db/password";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // PostgreSQL, MySQL, MariaDB
        "jdbc:postgresql://h:1/d?user=<U>&a=b&password=<P> | jdbc:postgresql://h:1/d?a=b",
        "jdbc:postgresql://h/d?a=b&user=<U>&password=<P>&c=d | jdbc:postgresql://h/d?a=b&c=d",
        "jdbc:postgresql://h/d?user=keyturn%3Adb%2Fusername&password=keyturn%3adb%2fpassword | jdbc:postgresql://h/d",
        "jdbc:mysql://<U>:<P>@h:1/d?a=b | jdbc:mysql://h:1/d?a=b",
        "jdbc:mysql://keyturn%3Adb%2Fusername:keyturn%3Adb%2Fpassword@h/d | jdbc:mysql://h/d",
        // SQL Server, H2, HSQLDB, Derby
        "jdbc:sqlserver://h:1;user=<U>;password={<P>};a={x;y}}z};b=c | jdbc:sqlserver://h:1;a={x;y}}z};b=c",
        "jdbc:h2:tcp://h/~/d;USER=<U>;PASSWORD=<P>;INIT=a\\;b | jdbc:h2:tcp://h/~/d;INIT=a\\;b",
        "jdbc:hsqldb:hsql://h/d;user=<U>;password=<P> | jdbc:hsqldb:hsql://h/d",
        // Oracle
        "jdbc:oracle:thin:<U>/<P>@//h:1/s | jdbc:oracle:thin:@//h:1/s",
        "jdbc:oracle:thin:<U>/<P>@(DESCRIPTION=(ADDRESS=(HOST=h))) | jdbc:oracle:thin:@(DESCRIPTION=(ADDRESS=(HOST=h)))",
        "jdbc:oracle:oci:<U>/<P>@tns | jdbc:oracle:oci:@tns",
      })
  void user_and_password_move_to_the_properties(String url, String rest) {
    Properties properties = new Properties();
    assertThat(JdbcUrl.extract(url.replace("<U>", U).replace("<P>", P), properties))
        .isEqualTo(rest);
    assertThat(properties.getProperty("user")).isEqualTo(U);
    assertThat(properties.getProperty("password")).isEqualTo(P);
    assertThat(properties).hasSize(2);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "jdbc:oracle:thin:scott/<P>@h | scott",
        "jdbc:oracle:thin:keyturn:db/username/<P>@h | keyturn:db/username",
        "jdbc:oracle:thin:keyturn:user/<P>@h | keyturn:user",
        "jdbc:mysql://scott:<P>@h/d | scott",
      })
  void a_stand_ins_own_slash_or_colon_does_not_end_the_user(String url, String user) {
    Properties properties = new Properties();
    JdbcUrl.extract(url.replace("<P>", P), properties);
    assertThat(properties.getProperty("user")).isEqualTo(user);
    assertThat(properties.getProperty("password")).isEqualTo(P);
  }

  @Test
  void a_password_that_is_none_of_ours_stays_with_its_user() {
    Properties properties = new Properties();
    assertThat(JdbcUrl.extract("jdbc:oracle:thin:" + U + "/tiger@h", properties))
        .isEqualTo("jdbc:oracle:thin:@h");
    assertThat(properties).containsEntry("user", U).containsEntry("password", "tiger");
  }

  @Test
  void what_has_no_stand_in_is_the_same_object() {
    Properties properties = new Properties();
    String url = "jdbc:postgresql://h/d?user=u&password=a%20b";
    assertThat(JdbcUrl.extract(url, properties)).isSameAs(url);
    assertThat(properties).isEmpty();
  }

  @Test
  void properties_go_before_the_url_but_in_postgresql() {
    for (String url :
        new String[] {"jdbc:mysql://h/d?user=" + U, "jdbc:postgresql://h/d?user=" + U}) {
      Properties properties = new Properties();
      properties.setProperty("user", "given");
      JdbcUrl.extract(url, properties);
      assertThat(properties.getProperty("user"))
          .isEqualTo(url.startsWith("jdbc:mysql") ? "given" : U);
    }
  }

  @Test
  void other_parameters_keep_their_place_and_name() {
    Properties properties = new Properties();
    assertThat(
            JdbcUrl.extract(
                "jdbc:mysql://h/d?trustCertificateKeyStorePassword=x%2B" + P + "&a=b", properties))
        .isEqualTo("jdbc:mysql://h/d?a=b");
    assertThat(properties).containsOnlyKeys("trustCertificateKeyStorePassword");
    assertThat(properties.getProperty("trustCertificateKeyStorePassword")).isEqualTo("x+" + P);
  }
}
