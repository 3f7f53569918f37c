using Fulcrum.Tasks;

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
        foreach (TaskPlan task in study.Benchmarks)
        {
            task.RequireFiles(source);
        }

        Folder(source, "trainingData.data", study.TrainingData.Data);
        FileOf(source, "trainingData.file", study.TrainingData.File);
        FileOf(source, "neutralText.file", study.NeutralText?.File);
        Require(
            study.Replay is not { Source: { } replay } || Directory.Exists(replay) || File.Exists(replay),
            source,
            "replay.source",
            $"there is no folder or file {study.Replay?.Source}"
        );
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
