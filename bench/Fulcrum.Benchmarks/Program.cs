using BenchmarkDotNet.Running;
using Fulcrum.Benchmarks;

// dotnet run --project bench/Fulcrum.Benchmarks -c Release -- --filter '*'
// dotnet run --project bench/Fulcrum.Benchmarks -c Release -- compare OLD NEW ROUNDS score --config ... --input ...
if (args is ["compare", .. string[] rest])
{
    return BuildComparison.Run(rest);
}

BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
return 0;
