using Fulcrum.Runs;
using Fulcrum.Studies;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>A study is no program: a command in it runs only when the user allows it.</summary>
public sealed class ExternalTrainerTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory().FullName;

    private string RunFolder => Path.Combine(folder, "run");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void A_command_that_is_not_allowed_is_shown_and_refused_before_any_model_is_opened()
    {
        string mark = Path.Combine(folder, "mark");
        ScriptedStudy study = Of($"touch {mark}");

        InputException refusal = Assert.Throws<InputException>(() => study.Run(RunFolder));

        Assert.Contains($"touch {mark}", refusal.Message);
        Assert.Contains("--allow-command", refusal.Message);
        Assert.Empty(study.Loaded);
        Assert.False(File.Exists(mark));
        Assert.False(File.Exists(Path.Combine(RunFolder, "study.json")));
    }

    [Fact]
    public void A_command_cannot_hide_itself_from_the_message()
    {
        InputException refusal = Assert.Throws<InputException>(() =>
            Of("rm -rf x\u001b[2K\rharmless\u202e").Run(RunFolder)
        );

        Assert.Contains("rm -rf x\\u001b[2K\\u000dharmless\\u202e", refusal.Message);
    }

    [Fact]
    public void An_allowed_command_writes_outside_the_run_and_only_the_adapter_is_copied()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the command is a shell script");
        const string Script =
            "sh -c 'cd {output}; echo {} > adapter_config.json; echo 1 > adapter_model.safetensors; echo x > run.sh; pwd'";

        _ = Of(Script).Run(RunFolder, allowCommand: true);

        string candidate = Path.Combine(RunFolder, "candidates", "outside");
        Assert.Equal(
            ["adapter_config.json", "adapter_model.safetensors"],
            Directory.EnumerateFiles(Path.Combine(candidate, "adapter")).Select(Path.GetFileName).Order()
        );
        string work = File.ReadLines(Path.Combine(candidate, "command.log")).First();
        Assert.False(work.StartsWith(RunFolder, StringComparison.Ordinal));
        Assert.False(Directory.Exists(work));
    }

    private static ScriptedStudy Of(string command)
    {
        ScriptedStudy study = new();
        return study with
        {
            Study = study.Study with
            {
                Candidates = new Dictionary<string, CandidatePlan> { ["outside"] = new(Command: command) },
                OverrideGuards = GuardNames.All,
            },
        };
    }
}
