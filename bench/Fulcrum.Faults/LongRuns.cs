using System.Globalization;
using Fulcrum.Models;
using Fulcrum.Studies;
using Fulcrum.Tasks.Spider.Sql;
using Fulcrum.Tests;
using Fulcrum.Torch;

namespace Fulcrum.Faults;

/// <summary>Work that goes on for long in one process, whose memory must not grow with it.</summary>
internal sealed class LongRuns(string folder, Random random)
{
    private const int Samples = 20;

    // What may come and go from sample to sample: pools of the runtime, blocks of the C library.
    private const long Noise = 4 << 20;

    private readonly string study = TinyStudy.Write(Path.Combine(folder, "study"));

    /// <summary>Optimiser steps of a tiny model, checkpoints and the step log included.</summary>
    public bool Training(int steps)
    {
        const int Batch = 4;
        TrainingExample[] examples =
        [
            .. Enumerable
                .Range(0, 4 * Batch)
                .Select(i => new TrainingExample($"{i}", Ids(40), [.. Enumerable.Range(0, 40).Select(t => t > 20)])),
        ];
        TrainPlan plan = new(
            Epochs: (steps + 3) / 4,
            BatchSize: Batch,
            LearningRate: 1e-3,
            Rank: 2,
            Alpha: 4,
            Dropout: 0.1,
            Seed: 1,
            CheckpointEvery: 500
        );
        MemoryCurve curve = new(steps, Samples);
        new TorchEngine().Train(Model, plan, examples, Path.Combine(folder, "long-train"), s => curve.At(s.Step));
        return curve.IsFlat($"{steps:N0} training steps", Noise);
    }

    /// <summary>Scored requests from a file to a file, as <c>fulcrum score</c> answers them.</summary>
    public bool Scoring(int requests)
    {
        string input = Path.Combine(folder, "requests.jsonl");
        using (StreamWriter writer = new(input))
        {
            for (int i = 0; i < requests; i++)
            {
                writer.Write(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{{\"id\": {i}, \"prompt_ids\": [{string.Join(',', Ids(random.Next(4, 20)))}], \"continuation_ids\": [[{string.Join(',', Ids(random.Next(1, 4)))}]]}}\n"
                    )
                );
            }
        }

        MemoryCurve curve = new(requests, Samples);
        using ILanguageModel model = new TorchEngine().Open(Model);
        new RequestFiles(
            model,
            () => throw new InvalidOperationException("ids need no tokenizer"),
            () => "long",
            curve.At
        ).Score(input, Path.Combine(folder, "scores.jsonl"));
        return curve.IsFlat($"{requests:N0} scored requests", Noise)
            & File.ReadLines(Path.Combine(folder, "scores.jsonl")).Count() == requests;
    }

    /// <summary>Queries that all differ, graded in this process, so that what SQLite holds is seen too.</summary>
    public bool Grading(int queries)
    {
        string database = Path.Combine(folder, "study", "spider", "database", "shop", "shop.sqlite");
        MemoryCurve curve = new(queries, Samples);
        using SqlGrader grader = new("official", new SqlLimits());
        for (int i = 1; i <= queries; i++)
        {
            grader.Grade(
                database,
                $"SELECT name FROM item WHERE id < {i % 50_000}",
                $"SELECT name FROM item WHERE {i} > id ORDER BY {i % 3 + 1}"
            );
            curve.At(i);
        }

        return curve.IsFlat($"{queries:N0} graded queries", Noise);
    }

    private ModelSpec Model => StudyFile.Load(study).Base.Spec;

    private int[] Ids(int count) => [.. Enumerable.Range(0, count).Select(_ => random.Next(256))];
}
