using Fulcrum.Tasks.Mmlu;

namespace Fulcrum.Studies;

/// <summary>Whether what a study names is there: looked at before any work begins, and said with the study's file and
/// key.</summary>
public static class StudyPlaces
{
    /// <summary>Checks the model, every folder and file, and MMLU's subjects.</summary>
    /// <param name="study">With absolute folders, as <see cref="StudyFile.Load"/> returns it.</param>
    /// <param name="source">The study's file, for messages.</param>
    /// <exception cref="InputException">Something is not there; names the file, the key and the place.</exception>
    public static void Check(Study study, string source)
    {
        Folder(source, "model.folder", study.Model.Folder);
        for (int i = 0; i < study.Benchmarks.Count; i++)
        {
            Check(study.Benchmarks[i], source, $"benchmarks[{i}]");
        }

        Folder(source, "trainingData.folder", study.TrainingData.Folder);
        FileOf(source, "trainingData.file", study.TrainingData.File);
        FileOf(source, "neutralText.file", study.NeutralText?.File);
        Require(
            study.Replay is not { Source: { } replay } || Directory.Exists(replay) || File.Exists(replay),
            source,
            "replay.source",
            $"there is no folder or file {study.Replay?.Source}"
        );
    }

    private static void Check(BenchmarkPlan plan, string source, string key)
    {
        switch (plan)
        {
            case SpiderPlan spider:
                Folder(source, $"{key}.folder", spider.Folder);
                Require(
                    Directory.Exists(Path.Combine(spider.Folder, "database")),
                    source,
                    $"{key}.folder",
                    $"there is no folder 'database' with DB/DB.sqlite files in {spider.Folder}"
                );
                break;
            case MmluPlan mmlu:
                Folder(source, $"{key}.folder", mmlu.Folder);
                Subjects(source, $"{key}.subjects", mmlu);
                break;
            case MultipleChoicePlan choice:
                FileOf(source, $"{key}.file", choice.File);
                FileOf(source, $"{key}.examplesFile", choice.ExamplesFile);
                break;
            case GenerationPlan generation:
                FileOf(source, $"{key}.file", generation.File);
                break;
        }
    }

    private static void Subjects(string source, string key, MmluPlan plan)
    {
        IReadOnlyList<string> known = plan.Subjects is null ? [] : MmluFolder.Open(plan.Folder).Subjects;
        for (int i = 0; i < (plan.Subjects?.Count ?? 0); i++)
        {
            string subject = plan.Subjects![i];
            Require(
                known.Contains(subject),
                source,
                $"{key}[{i}]",
                $"there is no subject \"{subject}\" in {plan.Folder}; the nearest is \"{Spelling.Nearest(subject, known, int.MaxValue)}\""
            );
        }
    }

    private static void Folder(string source, string key, string? folder) =>
        Require(
            folder is null || Directory.Exists(folder),
            source,
            key,
            $"there is no folder {folder} (folders are relative to the study's file)"
        );

    private static void FileOf(string source, string key, string? file) =>
        Require(
            file is null || File.Exists(file),
            source,
            key,
            $"there is no file {file} (files are relative to the study's file)"
        );

    private static void Require(bool there, string source, string key, string what)
    {
        if (!there)
        {
            throw new InputException($"{source}: {key}: {what}");
        }
    }
}
