package dev.keyturn.sidecar.aws;

import dev.keyturn.plan.Reference;

class SecretsManagerContractTest extends AwsContract {
  @Override
  protected Reference reference() {
    return Reference.parse("aws-sm:contract/" + name);
  }

  @Override
  protected Reference absent() {
    return Reference.parse("aws-sm:contract/absent");
  }

  @Override
  void put(String value) throws Exception {
    String body = "{\"%s\": \"contract/%s\", \"SecretString\": \"{\\\"password\\\": \\\"%s\\\"}\"}";
    try {
      moto.secretsManager("PutSecretValue", body.formatted("SecretId", name, value));
    } catch (AssertionError e) {
      moto.secretsManager("CreateSecret", body.formatted("Name", name, value));
    }
  }
}
