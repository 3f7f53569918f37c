using Fulcrum.Files;
using Fulcrum.Studies;
using Fulcrum.View;
using Xunit;

namespace Fulcrum.Browser.Tests;

public sealed class RunReaderTests
{
    [Fact]
    public void Candidate_whose_name_leads_out_of_the_run_folder_is_a_problem_of_the_run()
    {
        string problem = ProblemWith(plan => ("../../../elsewhere/x", plan));

        Assert.Contains("elsewhere/x", problem);
    }

    [Fact]
    public void Candidate_that_is_obtained_in_no_way_is_a_problem_of_the_run()
    {
        string problem = ProblemWith(plan => ("other", plan with { Train = null }));

        Assert.Contains("candidates.other is none; wanted: exactly one of train", problem);
    }

    [Fact]
    public void A_folder_with_a_separator_at_its_end_is_the_same_run()
    {
        string folder = SyntheticRun.Write();

        IReadOnlyList<(int Number, string Folder)> found = new RunList([folder + '/', folder]).Find();

        Directory.Delete(folder, recursive: true);
        Assert.Equal([(0, folder)], found);
    }

    private static string ProblemWith(Func<CandidatePlan, (string Name, CandidatePlan Plan)> more)
    {
        string folder = SyntheticRun.Write();
        string path = Path.Combine(folder, "study.json");
        Study study = StudyFile.ReadFile(path);
        (string name, CandidatePlan plan) = more(study.Candidates["tuned"]);
        Dictionary<string, CandidatePlan> candidates = new(study.Candidates) { [name] = plan };
        AtomicFile.WriteText(path, StudyFile.Print(study with { Candidates = candidates }));

        RunSnapshot shown = new RunReader(TimeProvider.System).Read(folder);

        Directory.Delete(folder, recursive: true);
        return shown.Problem ?? "";
    }
}
