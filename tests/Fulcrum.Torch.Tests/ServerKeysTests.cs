using Fulcrum.Cli;
using Fulcrum.Studies;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Mmlu;
using Xunit;

namespace Fulcrum.Torch.Tests;

public sealed class ServerKeysTests
{
    private const string Variable = "FULCRUM_TEST_SERVER_KEY";

    public ServerKeysTests() => Environment.SetEnvironmentVariable(Variable, "secret");

    [Fact]
    public void A_name_alone_means_the_only_server_of_the_study()
    {
        Study study = Of(("a", "http://one:8000/v1"), ("b", "http://one:8000/v1"));

        Assert.Equal([Variable, Variable], ServerKeys.Of(study, [Variable]).Values);
        Assert.Empty(ServerKeys.Of(study, []));
    }

    [Fact]
    public void A_candidate_may_be_named_and_the_others_get_no_key() =>
        Assert.Equal(["b"], ServerKeys.Of(Of(("a", "http://one"), ("b", "http://two")), [$"b={Variable}"]).Keys);

    [Theory]
    [InlineData(Variable, "the candidates are on several servers (http://one, http://two)")]
    [InlineData($"c={Variable}", "c is no candidate on a server; those are a, b")]
    [InlineData(
        "a=FULCRUM_TEST_UNSET",
        "the environment variable FULCRUM_TEST_UNSET, which should hold the key, is not set"
    )]
    public void What_is_not_clear_is_refused(string named, string says) =>
        Assert.Contains(
            says,
            Assert
                .Throws<InputException>(() =>
                    ServerKeys.Of(Of(("a", "http://one/v1"), ("b", "http://two/v1")), [named])
                )
                .Message
        );

    [Theory]
    [InlineData("sk-3f9a0c7e5b1d48a6f2c9")]
    [InlineData("a=sk-3f9a0c7e5b1d48a6f2c9")]
    [InlineData("hf_aBcDeFgHiJkLmNoPqRsT")]
    [InlineData("c2VjcmV0LWtleS1vZi1hLXNlcnZlcg==")]
    public void A_key_in_place_of_its_variable_is_not_repeated(string named)
    {
        InputException refused = Assert.Throws<InputException>(() =>
            ServerKeys.Of(Of(("a", "http://one/v1")), [named])
        );

        Assert.DoesNotContain(named.TrimEnd('=').Split('=')[^1], refused.Message);
    }

    [Fact]
    public void A_study_without_servers_has_no_use_for_a_key() =>
        Assert.Contains(
            "no candidate of the study is on a server",
            Assert.Throws<InputException>(() => ServerKeys.Of(Of(), [Variable])).Message
        );

    private static Study Of(params (string Name, string Endpoint)[] served) =>
        new(
            new BasePlan("base"),
            new Dictionary<string, TaskPlan> { ["mmlu"] = new MmluPlan(Data: "mmlu") },
            served.ToDictionary(s => s.Name, s => new CandidatePlan(Endpoint: s.Endpoint, Served: "tuned"))
        );
}
