using Fulcrum.Files;
using Fulcrum.Studies;
using Fulcrum.View;
using Xunit;

namespace Fulcrum.Browser.Tests;

public sealed class RunReaderTests
{
    [Fact]
    public void Candidate_whose_name_leads_out_of_the_run_folder_has_no_stages()
    {
        string folder = SyntheticRun.Write();
        string path = Path.Combine(folder, "study.json");
        Study study = StudyFile.ReadFile(path);
        CandidatePlan plan = study.Candidates["tuned"];
        Dictionary<string, CandidatePlan> candidates = new() { ["tuned"] = plan, ["../../../elsewhere/x"] = plan };
        AtomicFile.WriteText(path, StudyFile.Print(study with { Candidates = candidates }));

        RunSnapshot shown = new RunReader(TimeProvider.System).Read(folder);

        Assert.Null(shown.Problem);
        Assert.Equal(
            ["prepare", "base", "candidates/tuned/obtain", "candidates/tuned/measure", "compare", "report"],
            shown.Stages.Select(s => s.Name)
        );
        Directory.Delete(folder, recursive: true);
    }
}
