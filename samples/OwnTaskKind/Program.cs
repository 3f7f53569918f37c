// A task kind of one's own in a study file, asked of scripted models:
// dotnet run --project samples/OwnTaskKind samples/OwnTaskKind/study.json RUN-FOLDER
using Fulcrum.Comparisons;
using Fulcrum.Models;
using Fulcrum.Runs;
using Fulcrum.Studies;
using Fulcrum.Tasks.Spider.Sql;
using OwnTaskKind;
using OwnTaskKind.Sums;

TaskKinds.Add<SumsPlan>("sums");
Study study = StudyFile.Load(args[0]);
using SqlSandbox sandbox = SqlSandbox.Open();
using RunLock run = RunLock.Open(args[1]);
Experiment experiment = new(study, run, new Engines([new ScriptedEngine()]), s => StudyCorpus.Open(s, sandbox));
CandidateComparison tuned = experiment.Run()!.Candidates[0];
Console.WriteLine($"{tuned.Name}: {tuned.Verdict.Kind}, {100 * tuned.Tasks[0].Difference.Points:+0.0;-0.0} points");
