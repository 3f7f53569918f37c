// Loads a study, runs it and prints the verdicts.
// dotnet run --project samples/RunStudy STUDY.json RUN-FOLDER
using Fulcrum.Comparisons;
using Fulcrum.Models;
using Fulcrum.Runs;
using Fulcrum.Studies;
using Fulcrum.Tasks.Spider.Sql;
using Fulcrum.Torch;

Study study = StudyFile.Load(args[0]);
TorchEngine torch = new();
using SqlSandbox sandbox = SqlSandbox.Open();
using RunLock run = RunLock.Open(args[1]);
Experiment experiment = new(study, run, new Engines([torch], torch), s => StudyCorpus.Open(s, sandbox));
Comparison comparison = experiment.Run()!;
foreach (CandidateComparison candidate in comparison.Candidates)
{
    Console.WriteLine($"{candidate.Name}: {candidate.Verdict.Kind}");
}
