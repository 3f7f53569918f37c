using Xunit;

namespace Fulcrum.Tests;

public sealed class SampleTests
{
    [Fact]
    public void A_task_kind_of_a_program_runs_from_a_study_file_to_a_verdict()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;

        (int code, string output, string errors) = SampleProgram.Run(
            "OwnTaskKind",
            Path.Combine(SharedData.Project, "samples", "OwnTaskKind", "study.json"),
            Path.Combine(folder, "run")
        );

        Assert.Equal("", errors);
        Assert.Equal(0, code);
        Assert.StartsWith("tuned: Accept, +", output);
        Assert.Contains("\"kind\": \"sums\"", File.ReadAllText(Path.Combine(folder, "run", "study.json")));
    }
}
