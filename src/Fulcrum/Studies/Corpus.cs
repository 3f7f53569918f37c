using System.Security.Cryptography;
using System.Text;
using Fulcrum.Files;
using Fulcrum.Models;
using Fulcrum.Tasks;

namespace Fulcrum.Studies;

/// <summary>The data of a study, opened and sampled: the tasks and the training examples.</summary>
/// <param name="Tasks">In the study's order.</param>
/// <param name="Training">In the data's order; empty if nothing is trained.</param>
/// <param name="TaskDigest">SHA-256 over every file that the tasks read.</param>
/// <param name="TrainingDigest">SHA-256 over every file that training reads.</param>
/// <param name="Before">The tasks as the base model is prompted, in the same order; null: in the same way.</param>
/// <param name="DigestNow">The digest of the tasks' files as they are now; null: they cannot change.</param>
/// <param name="TrainingLayout">How the rows of the training data are read, in one line; null: nothing to say.</param>
public sealed record Corpus(
    IReadOnlyList<ITask> Tasks,
    IReadOnlyList<TrainingText> Training,
    string TaskDigest,
    string TrainingDigest = "",
    IReadOnlyList<ITask>? Before = null,
    Func<string>? DigestNow = null,
    string? TrainingLayout = null
)
{
    /// <summary>Opens the training data of a candidate that has its own; null: no candidate has.</summary>
    internal Func<CandidatePlan, TrainingSet>? OpenTraining { get; init; }

    /// <summary>Returns the training data of a candidate: its own, or the study's.</summary>
    internal TrainingSet TrainingOf(CandidatePlan plan) =>
        plan is { Replay: null, TrainingData: null } || OpenTraining is null
            ? new TrainingSet(Training, TrainingDigest, TrainingLayout)
            : OpenTraining(plan);

    /// <summary>Returns the digest of data files and folders, by name and content; databases are included.</summary>
    public static string DigestOf(IEnumerable<string> paths)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string path in paths.Distinct(StringComparer.Ordinal))
        {
            string folder = File.Exists(path) ? Path.GetDirectoryName(path)! : path;
            IEnumerable<(string Name, string File)> files = (File.Exists(path) ? [path] : DataFiles(path)).Select(f =>
                (Path.GetRelativePath(folder, f).Replace(Path.DirectorySeparatorChar, '/'), f)
            );
            foreach ((string name, string file) in files.OrderBy(f => f.Name, StringComparer.Ordinal))
            {
                hash.AppendData(Encoding.UTF8.GetBytes($"{name}\n{RememberedDigest.Of(file)}\n"));
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static IEnumerable<string> DataFiles(string folder) =>
        new[]
        {
            ("", "*.json"),
            ("dev", "*.csv"),
            ("test", "*.csv"),
            ("database", "*.sqlite"),
            ("dev_databases", "*.sqlite"),
        }
            .Where(place => Directory.Exists(Path.Combine(folder, place.Item1)))
            .SelectMany(place =>
                Directory.EnumerateFiles(
                    Path.Combine(folder, place.Item1),
                    place.Item2,
                    new EnumerationOptions
                    {
                        RecurseSubdirectories = place.Item2 == "*.sqlite",
                        MaxRecursionDepth = 2,
                        AttributesToSkip = 0,
                    }
                )
            );
}

/// <summary>The examples of a training, in the data's order.</summary>
/// <param name="Digest">SHA-256 over every file that was read.</param>
/// <param name="Layout">How the rows of its files are read, in one line; null: nothing to say.</param>
internal sealed record TrainingSet(IReadOnlyList<TrainingText> Texts, string Digest, string? Layout = null);
