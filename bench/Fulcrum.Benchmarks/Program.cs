using BenchmarkDotNet.Running;

// dotnet run --project bench/Fulcrum.Benchmarks -c Release -- --filter '*'
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
