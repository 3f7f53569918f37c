using Fulcrum.Studies;
using Xunit;

namespace Fulcrum.Tool.Tests;

public sealed class RunStudySampleTests
{
    [Fact]
    public void Ten_lines_load_a_study_run_it_and_print_a_verdict_for_each_candidate()
    {
        string folder = Directory.CreateTempSubdirectory().FullName,
            study = TinyStudy.Write(folder, itemsPerSubject: 40);

        // Random weights answer at the chance level, which the guards would refuse.
        string text = File.ReadAllText(study);
        string guards = string.Join(", ", GuardNames.All.Select(n => $"\"{n}\""));
        File.WriteAllText(
            study,
            text.Replace("\"name\": \"tiny\",", $"\"name\": \"tiny\", \"overrideGuards\": [{guards}],")
        );
        (int code, string output, string errors) = SampleProgram.Run("RunStudy", study, Path.Combine(folder, "run"));

        Assert.True(code == 0, errors);
        string names = string.Join(' ', output.Trim().Split('\n').Select(l => l.Split(':')[0]));
        Assert.Equal("tuned tuned-lambda-0.5", names);
    }
}
