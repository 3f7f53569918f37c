using System.Text.Json.Serialization;
using Fulcrum.Data;
using Fulcrum.Models;

namespace Fulcrum.Studies;

/// <summary>The ways in which a candidate is obtained.</summary>
internal enum CandidateWay
{
    /// <summary>A LoRA adapter trained here.</summary>
    Train,

    /// <summary>An adapter that exists.</summary>
    Adapter,

    /// <summary>A whole model that exists.</summary>
    Model,

    /// <summary>A GGUF file.</summary>
    Gguf,

    /// <summary>An OpenAI-compatible server.</summary>
    Endpoint,

    /// <summary>An external trainer's command.</summary>
    Command,

    /// <summary>Replies of another system.</summary>
    Replies,

    /// <summary>Another candidate in another form.</summary>
    Derived,
}

/// <summary>A model that is compared with the base, and how it is obtained. Exactly one of the first eight is
/// given.</summary>
/// <param name="Train">How an adapter is trained here.</param>
/// <param name="Adapter">An adapter folder in PEFT's format.</param>
/// <param name="Model">A whole model folder.</param>
/// <param name="Gguf">A GGUF file.</param>
/// <param name="Endpoint">The URL of a server; with <paramref name="Served"/>.</param>
/// <param name="Command">A command with <c>{data}</c>, <c>{output}</c>, <c>{base}</c> and <c>{seed}</c>.</param>
/// <param name="Replies">By task, a JSON Lines file of replies.</param>
/// <param name="From">The name of the candidate from which this one is derived.</param>
/// <param name="Served">The name under which the server knows the model.</param>
/// <param name="Tokenizer">A folder with the tokenizer of a served model or a GGUF file; null: none.</param>
/// <param name="Concurrency">Requests to a server that are open at the same time, at most.</param>
/// <param name="ApiKeyEnv">The environment variable that holds the key of a server; null: no key is sent.</param>
/// <param name="Lambda">How much of the adapter is applied: 1 as trained, 0 the base; null: 1.</param>
/// <param name="Form">How the adapter is applied; null: attached to the base.</param>
/// <param name="Step">Of a derived candidate: the checkpoint's step; null: the finished adapter.</param>
/// <param name="Seed">Of a derived candidate: the seed with which the adapter is trained again.</param>
/// <param name="GgufType">Of a derived candidate: the type of the GGUF file that is made.</param>
/// <param name="Replay">Of a candidate that is trained: takes the place of the study's; null: the study's.</param>
/// <param name="TrainingData">Of a candidate that is trained: takes the place of the study's; null: the
/// study's.</param>
/// <param name="MaxSteps">Of a derived candidate: the steps in which the adapter is trained again.</param>
public sealed record CandidatePlan(
    TrainPlan? Train = null,
    string? Adapter = null,
    string? Model = null,
    string? Gguf = null,
    string? Endpoint = null,
    string? Command = null,
    IReadOnlyDictionary<string, string>? Replies = null,
    string? From = null,
    string? Served = null,
    string? Tokenizer = null,
    int? Concurrency = null,
    string? ApiKeyEnv = null,
    double? Lambda = null,
    ServingForm? Form = null,
    int? Step = null,
    int? Seed = null,
    GgufFileType? GgufType = null,
    ReplayPlan? Replay = null,
    TrainingDataPlan? TrainingData = null,
    int? MaxSteps = null
)
{
    /// <summary>How the candidate is obtained.</summary>
    [JsonIgnore]
    internal CandidateWay Way => Given()[0];

    /// <summary>Whether the run makes the candidate's model: trains it, has it trained, or exports it.</summary>
    [JsonIgnore]
    internal bool IsMade =>
        Way is CandidateWay.Train or CandidateWay.Command || (Seed ?? MaxSteps) is not null || GgufType is not null;

    /// <summary>Checks the plan.</summary>
    /// <exception cref="InputException">Two ways are given or none, or a key does not belong to the way.</exception>
    internal void Check(string source, string name)
    {
        const string Ways = "exactly one of train, adapter, model, gguf, endpoint, command, replies and from";
        string place = $"candidates.{name}";
        CandidateWay[] given = Given();
        string found = given.Length == 0 ? "none" : string.Join(" and ", given.Select(Key));
        Wanted.That(given.Length == 1, source, place, found, Ways);
        Train?.Check(source, $"{place}.train");

        bool isNamedServer = (Endpoint is null) == (Served is null);
        Wanted.That(isNamedServer, source, $"{place}.served", Served, "a name, together with endpoint");
        bool fitsServer = Endpoint is not null || (Concurrency is null && ApiKeyEnv is null);
        Wanted.That(fitsServer, source, place, "concurrency or apiKeyEnv", "these only together with endpoint");
        bool isConcurrency = Concurrency is null or (>= 1 and <= 1000);
        Wanted.That(isConcurrency, source, $"{place}.concurrency", Concurrency, "a number from 1 to 1000");

        bool isLambda = Lambda is null or (>= 0 and <= 2);
        Wanted.That(isLambda, source, $"{place}.lambda", Lambda, "a number from 0 to 2");
        CandidateWay way = given[0];
        bool hasAdapter =
            way is CandidateWay.Train or CandidateWay.Adapter or CandidateWay.Command or CandidateWay.Derived;
        bool isApplicable = hasAdapter || Lambda is null or 1;
        Wanted.That(isApplicable, source, $"{place}.lambda", Lambda, "null without an adapter");

        bool isTrained = way is CandidateWay.Train or CandidateWay.Command;
        bool fitsTraining = isTrained || (Replay is null && TrainingData is null);
        Wanted.That(fitsTraining, source, place, "replay or trainingData", "these only with train or command");
        Replay?.Check(source, $"{place}.replay");
        TrainingData?.Check(source, $"{place}.trainingData");

        bool changesParent = (Step ?? Seed ?? MaxSteps) is not null || GgufType is not null;
        bool fitsParent = way == CandidateWay.Derived || !changesParent;
        Wanted.That(fitsParent, source, place, "step, seed, maxSteps or ggufType", "these only together with from");
    }

    /// <summary>Returns the files and folders that the plan names.</summary>
    internal IEnumerable<string> Paths() =>
        new[] { Adapter, Model, Gguf, Tokenizer }.OfType<string>().Concat(Replies?.Values ?? []);

    internal CandidatePlan Located(Func<string, string> locate)
    {
        string? At(string? path) => path is null ? null : locate(path);
        return this with
        {
            Adapter = At(Adapter),
            Model = At(Model),
            Gguf = At(Gguf),
            Tokenizer = At(Tokenizer),
            Replies = Replies?.ToDictionary(r => r.Key, r => locate(r.Value)),
            Replay = Replay is { } replay ? replay with { Source = locate(replay.Source) } : null,
            TrainingData = TrainingData?.Located(locate),
        };
    }

    private CandidateWay[] Given() =>
        [
            .. new (CandidateWay Way, object? Value)[]
            {
                (CandidateWay.Train, Train),
                (CandidateWay.Adapter, Adapter),
                (CandidateWay.Model, Model),
                (CandidateWay.Gguf, Gguf),
                (CandidateWay.Endpoint, Endpoint),
                (CandidateWay.Command, Command),
                (CandidateWay.Replies, Replies),
                (CandidateWay.Derived, From),
            }
                .Where(w => w.Value is not null)
                .Select(w => w.Way),
        ];

    private static string Key(CandidateWay way) =>
        way == CandidateWay.Derived ? "from" : way.ToString().ToLowerInvariant();
}
